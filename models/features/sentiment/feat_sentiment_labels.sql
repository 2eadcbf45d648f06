-- What sentiment models learn from. No source of the contract labels posts, so stars are weak labels: a text
-- about a title by a customer who has rated the title at about the same time says what the stars say. This is
-- the place where posts that people have labelled come in: as another source, before the stars of the same post.

with

texts as (

    select * from {{ ref('feat_post_texts') }}

),

ratings as (

    select * from {{ ref('fct_ratings') }}

),

-- The network's own word on what a post is about: a name in a text is a guess.
candidates as (

    select
        texts.network_name,
        texts.post_id,
        texts.customer_id,
        texts.post_text,
        ratings.rating_value,
        texts.as_of_date,
        case when texts.received_at < ratings.received_at then ratings.received_at else texts.received_at end
            as received_at,
        row_number() over (
            partition by texts.network_name, texts.post_id
            order by
                abs({{ elapsed_ms('ratings.rated_at', 'texts.posted_at') }}) asc,
                ratings.rated_at asc,
                ratings.network_name asc
        ) as nearness_rank
    from texts
    inner join ratings
        on
            texts.customer_id = ratings.customer_id
            and texts.entity_id = ratings.title_id
    where
        texts.entity_type = 'title'
        and texts.match_rule = 'explicit'
        and ratings.received_at < cast(texts.as_of_date as timestamp(6))
        and abs({{ elapsed_ms('ratings.rated_at', 'texts.posted_at') }})
        <= {{ var('sentiment_rating_minutes') }} * 60000

)

select
    network_name,
    post_id,
    customer_id,
    post_text,
    case
        when rating_value <= {{ var('sentiment_negative_to_stars') }} then 'negative'
        when rating_value >= {{ var('sentiment_positive_from_stars') }} then 'positive'
        else 'neutral'
    end as labelled_sentiment,
    'rating' as label_source,
    as_of_date,
    cast(received_at as date) as label_received_date
from candidates
where nearness_rank = 1
