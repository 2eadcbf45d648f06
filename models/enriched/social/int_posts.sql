-- Of several deliveries of one post the earliest received wins, then the smallest payload: never
-- the order of loading, which differs between two lakes.

with

posts as (

    select * from {{ ref('stg_social__posts') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by network_name, post_id
            order by
                received_at asc,
                posted_at asc,
                customer_id asc nulls first,
                author_hash asc nulls first,
                entity_type asc nulls first,
                entity_id asc nulls first,
                post_type asc,
                like_count asc nulls first,
                post_text asc nulls first,
                load_id asc,
                row_number asc
        ) as delivery_rank
    from posts

)

select
    network_name,
    post_id,
    customer_id,
    author_hash,
    entity_type,
    entity_id,
    post_type,
    post_text,
    like_count,
    posted_at,
    received_at,
    load_id
from ranked
where delivery_rank = 1
