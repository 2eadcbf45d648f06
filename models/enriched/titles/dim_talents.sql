-- A talent whom no title credits any more stays: posts still speak of them.

with

title_talents as (

    select * from {{ ref('int_title_talents') }}

),

titles as (

    select * from {{ ref('dim_titles') }}

),

names as (

    select
        talent_id,
        talent_name,
        max(extract_date) as last_extract_date
    from title_talents
    group by talent_id, talent_name

),

ranked_names as (

    select
        talent_id,
        talent_name,
        row_number() over (
            partition by talent_id
            order by
                case when talent_name is null then 1 else 0 end asc,
                last_extract_date desc,
                talent_name asc
        ) as name_rank
    from names

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
    ranked_names.talent_id,
    ranked_names.talent_name,
    coalesce(title_counts.title_count, 0) as title_count
from ranked_names
left join title_counts
    on ranked_names.talent_id = title_counts.talent_id
where ranked_names.name_rank = 1
