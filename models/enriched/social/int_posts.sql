-- Each post once, however often it was delivered.

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
from
    {{ earliest_deliveries(
        ref('stg_social__posts'),
        keys=['network_name', 'post_id'],
        payload=[
            'posted_at', 'customer_id', 'author_hash', 'entity_type', 'entity_id', 'post_type', 'like_count',
            'post_text'
        ]
    ) }} as posts
