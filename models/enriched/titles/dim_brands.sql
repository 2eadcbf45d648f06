-- A brand that no title is shown under any more stays: posts still speak of it.

with

titles as (

    select * from {{ ref('dim_titles') }}

),

title_counts as (

    select
        brand_id,
        count(*) as title_count
    from titles
    group by brand_id

)

select
    newest.brand_id,
    newest.brand_name,
    coalesce(title_counts.title_count, 0) as title_count
from {{ newest_names(ref('int_title_extracts'), 'brand') }} as newest
left join title_counts
    on newest.brand_id = title_counts.brand_id
