with

tags as (

    select * from {{ source('social', 'tags') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    tags.customer_id,
    tags.title_id,
    coalesce(tags.network_name, 'unknown') as network_name,
    tags.tag_text,
    tags.tagged_at,
    coalesce(tags.received_at, tags.tagged_at) as received_at,
    file_manifest.file_key,
    tags._row_number as row_number,
    file_manifest.load_id
from tags
inner join file_manifest
    on tags._file_key = file_manifest.generation_key
