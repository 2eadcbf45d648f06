with

posts as (

    select * from {{ source('social', 'posts') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    posts.network_name,
    posts.post_id,
    posts.customer_id,
    posts.author_hash,
    posts.entity_type,
    posts.entity_id,
    posts.post_type,
    posts.post_text,
    posts.like_count,
    posts.posted_at,
    coalesce(posts.received_at, posts.posted_at) as received_at,
    file_manifest.file_key,
    posts._row_number as row_number,
    file_manifest.load_id
from posts
inner join file_manifest
    on posts._file_key = file_manifest.generation_key
