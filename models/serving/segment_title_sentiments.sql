-- What each segment of tastes says of each title, where enough has been said. An interval rests on the variance of
-- all posts about titles: that of the few posts of a segment about a title says little, and none if they agree.

with

scores as (

    select * from {{ ref('score_post_sentiments') }}
    where sentiment is not null

),

posts as (

    select * from {{ ref('feat_post_texts') }}
    where
        entity_type = 'title'
        and not is_ambiguous

),

segments as (

    select * from {{ ref('score_customer_segments') }}

),

labels as (

    select * from {{ ref('eval_segment_labels') }}

),

judged as (

    select
        posts.entity_id as title_id,
        posts.customer_id,
        segments.segment_id,
        scores.sentiment,
        scores.as_of_date,
        cast(round((scores.positive_probability - scores.negative_probability) * 10000) as bigint) as score_units
    from scores
    inner join posts
        on
            scores.network_name = posts.network_name
            and scores.post_id = posts.post_id
    left join segments
        on posts.customer_id = segments.customer_id

),

overall as (

    select
        {{ rounded_quotient('sum(score_units * score_units)', 1, 'count(*)') }} as mean_square,
        {{ rounded_quotient('sum(score_units)', 1, 'count(*)') }} as mean_units
    from judged

),

title_sums as (

    select
        title_id,
        count(*) as title_post_count,
        cast(sum(score_units) as bigint) as title_score_units
    from judged
    group by title_id

),

segment_sums as (

    select
        segment_id,
        title_id,
        count(*) as post_count,
        count(distinct customer_id) as posting_customer_count,
        count(case when sentiment = 'negative' then 1 end) as negative_post_count,
        count(case when sentiment = 'positive' then 1 end) as positive_post_count,
        cast(sum(score_units) as bigint) as score_units,
        max(as_of_date) as as_of_date
    from judged
    where segment_id is not null
    group by segment_id, title_id

),

measured as (

    select
        segment_sums.*,
        title_sums.title_post_count,
        cast(
            {{ exact_rate('segment_sums.score_units', 'segment_sums.post_count * 10000', 6) }} as decimal(12, 8)
        ) as mean_score,
        cast(
            {{ exact_rate('title_sums.title_score_units', 'title_sums.title_post_count * 10000', 6) }}
            as decimal(12, 8)
        ) as title_score,
        -- In millionths.
        {{ exact_root(rounded_quotient(
            'overall.mean_square - overall.mean_units * overall.mean_units', 10000, 'segment_sums.post_count'
        )) }} as standard_error_units
    from segment_sums
    inner join title_sums
        on segment_sums.title_id = title_sums.title_id
    cross join overall
    where segment_sums.posting_customer_count >= {{ var('sentiment_minimum_customers') }}

),

bounded as (

    select
        *,
        cast(standard_error_units * cast('0.00000196' as decimal(8, 8)) as decimal(12, 8)) as half_width
    from measured

)

select
    bounded.segment_id,
    bounded.title_id,
    labels.segment_label,
    bounded.post_count,
    bounded.posting_customer_count,
    bounded.negative_post_count,
    bounded.positive_post_count,
    bounded.mean_score as mean_sentiment_score,
    case when bounded.mean_score - bounded.half_width < -1 then cast(-1 as decimal(12, 8))
        else cast(bounded.mean_score - bounded.half_width as decimal(12, 8))
    end as sentiment_lower_bound,
    case when bounded.mean_score + bounded.half_width > 1 then cast(1 as decimal(12, 8))
        else cast(bounded.mean_score + bounded.half_width as decimal(12, 8))
    end as sentiment_upper_bound,
    bounded.title_post_count,
    bounded.title_score as title_sentiment_score,
    bounded.as_of_date
from bounded
inner join labels
    on bounded.segment_id = labels.segment_id
