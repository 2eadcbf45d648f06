-- No texts and no persons: what was said, not by whom or in which words. Whoever may read texts finds them in
-- fct_posts by the same key.

with

scores as (

    select * from {{ ref('score_post_sentiments') }}

),

posts as (

    select * from {{ ref('feat_post_texts') }}

)

select
    scores.network_name,
    scores.post_id,
    posts.entity_type,
    posts.entity_id,
    scores.model_version,
    scores.sentiment,
    scores.text_language_code,
    posts.post_type,
    scores.negative_probability,
    scores.neutral_probability,
    scores.positive_probability,
    cast(scores.positive_probability - scores.negative_probability as decimal(12, 8)) as post_sentiment_score,
    posts.is_ambiguous,
    scores.as_of_date,
    posts.posted_at
from scores
inner join posts
    on
        scores.network_name = posts.network_name
        and scores.post_id = posts.post_id
