-- Only the list that came with the state that counts on its day; a list may name a tag twice.

with

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

title_tags as (

    select * from {{ ref('stg_dam__title_tags') }}

)

select
    extracts.title_id,
    extracts.extract_date,
    title_tags.tag_name,
    min(title_tags.tag_position) as tag_position
from extracts
inner join title_tags
    on
        extracts.file_key = title_tags.file_key
        and extracts.row_number = title_tags.row_number
group by extracts.title_id, extracts.extract_date, title_tags.tag_name
