-- A brand that no title is shown under any more stays: posts still speak of it.

with

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

titles as (

    select * from {{ ref('dim_titles') }}

),

names as (

    select
        brand_id,
        brand_name,
        max(extract_date) as last_extract_date
    from extracts
    where brand_id is not null
    group by brand_id, brand_name

),

ranked_names as (

    select
        brand_id,
        brand_name,
        row_number() over (
            partition by brand_id
            order by
                case when brand_name is null then 1 else 0 end asc,
                last_extract_date desc,
                brand_name asc
        ) as name_rank
    from names

),

title_counts as (

    select
        brand_id,
        count(*) as title_count
    from titles
    group by brand_id

)

select
    ranked_names.brand_id,
    ranked_names.brand_name,
    coalesce(title_counts.title_count, 0) as title_count
from ranked_names
left join title_counts
    on ranked_names.brand_id = title_counts.brand_id
where ranked_names.name_rank = 1
