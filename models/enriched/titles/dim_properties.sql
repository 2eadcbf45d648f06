-- A property that no title belongs to any more stays: posts still speak of it.

with

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

titles as (

    select * from {{ ref('dim_titles') }}

),

names as (

    select
        property_id,
        property_name,
        max(extract_date) as last_extract_date
    from extracts
    where property_id is not null
    group by property_id, property_name

),

ranked_names as (

    select
        property_id,
        property_name,
        row_number() over (
            partition by property_id
            order by
                case when property_name is null then 1 else 0 end asc,
                last_extract_date desc,
                property_name asc
        ) as name_rank
    from names

),

title_counts as (

    select
        property_id,
        count(*) as title_count
    from titles
    group by property_id

)

select
    ranked_names.property_id,
    ranked_names.property_name,
    coalesce(title_counts.title_count, 0) as title_count
from ranked_names
left join title_counts
    on ranked_names.property_id = title_counts.property_id
where ranked_names.name_rank = 1
