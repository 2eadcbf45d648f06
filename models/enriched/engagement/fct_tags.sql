with

tags as (

    select * from {{ ref('stg_social__tags') }}

)

select
    customer_id,
    title_id,
    network_name,
    tag_text,
    tagged_at,
    min(received_at) as received_at,
    min(load_id) as load_id
from tags
group by customer_id, title_id, network_name, tag_text, tagged_at
