-- A talent whom no title credits any more stays: posts still speak of them.

with

title_talents as (

    select * from {{ ref('int_title_talents') }}

),

titles as (

    select * from {{ ref('dim_titles') }}

),

title_counts as (

    select
        title_talents.talent_id,
        count(distinct title_talents.title_id) as title_count
    from titles
    inner join title_talents
        on
            titles.title_id = title_talents.title_id
            and titles.extract_date = title_talents.extract_date
    group by title_talents.talent_id

)

select
    newest.talent_id,
    newest.talent_name,
    coalesce(title_counts.title_count, 0) as title_count
from {{ newest_names(ref('int_title_talents'), 'talent') }} as newest
left join title_counts
    on newest.talent_id = title_counts.talent_id
