-- The source's own word on what a post is about counts as it is, known to the catalogue or not.
-- Only posts without it were looked up, so a post never has both.

with

posts as (

    select * from {{ ref('int_posts') }}

),

mentions as (

    select * from {{ ref('int_post_mentions') }}

),

judged as (

    select
        *,
        entity_type is not null and entity_id is not null as is_explicit
    from posts

)

select
    judged.network_name,
    judged.post_id,
    judged.customer_id,
    judged.author_hash,
    case when judged.is_explicit then judged.entity_type else mentions.entity_type end
        as entity_type,
    case when judged.is_explicit then judged.entity_id else mentions.entity_id end as entity_id,
    case when judged.is_explicit then 'explicit' else coalesce(mentions.match_rule, 'none') end
        as match_rule,
    judged.post_type,
    judged.post_text,
    judged.like_count,
    mentions.matched_text_length,
    coalesce(mentions.is_ambiguous, false) as is_ambiguous,
    judged.posted_at,
    judged.received_at,
    judged.load_id
from judged
left join mentions
    on
        judged.network_name = mentions.network_name
        and judged.post_id = mentions.post_id
