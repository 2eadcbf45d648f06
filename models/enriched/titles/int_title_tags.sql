-- Only the list that came with the title's last known state counts; a list may name a tag twice.

with

titles as (

    select * from {{ ref('dim_titles') }}

),

title_tags as (

    select * from {{ ref('stg_dam__title_tags') }}

)

select
    title_tags.title_id,
    title_tags.tag_name,
    min(title_tags.tag_position) as tag_position
from title_tags
inner join titles
    on
        title_tags.file_key = titles.file_key
        and title_tags.row_number = titles.row_number
group by title_tags.title_id, title_tags.tag_name
