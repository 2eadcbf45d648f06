-- Sums of the scores of posts by what they are about. Names that several entities share tell of none of them.
-- Scores count in ten-thousandths, so that their squares add up exactly.

with

scores as (

    select * from {{ ref('score_post_sentiments') }}
    where sentiment is not null

),

posts as (

    select * from {{ ref('feat_post_texts') }}
    where
        entity_id is not null
        and not is_ambiguous

),

judged as (

    select
        posts.entity_type,
        posts.entity_id,
        {{ broadcast_date('posts.posted_at') }} as sentiment_date,
        scores.sentiment,
        scores.as_of_date,
        cast(round((scores.positive_probability - scores.negative_probability) * 10000) as bigint) as score_units
    from scores
    inner join posts
        on
            scores.network_name = posts.network_name
            and scores.post_id = posts.post_id

)

select
    entity_type,
    entity_id,
    sentiment_date,
    count(*) as post_count,
    count(case when sentiment = 'negative' then 1 end) as negative_post_count,
    count(case when sentiment = 'positive' then 1 end) as positive_post_count,
    cast(sum(score_units) as bigint) as score_units,
    cast(sum(score_units * score_units) as bigint) as squared_score_units,
    as_of_date
from judged
group by entity_type, entity_id, sentiment_date, as_of_date
