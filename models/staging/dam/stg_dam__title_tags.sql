with

title_tags as (

    select * from {{ source('dam', 'title_tags') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    title_tags.title_id,
    title_tags.tag_position,
    title_tags.tag_name,
    file_manifest.extract_date,
    file_manifest.file_key,
    title_tags._row_number as row_number,
    file_manifest.load_id
from title_tags
inner join file_manifest
    on title_tags._file_key = file_manifest.generation_key
