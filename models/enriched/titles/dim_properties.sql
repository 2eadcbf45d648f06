-- A property that no title belongs to any more stays: posts still speak of it.

with

titles as (

    select * from {{ ref('dim_titles') }}

),

title_counts as (

    select
        property_id,
        count(*) as title_count
    from titles
    group by property_id

)

select
    newest.property_id,
    newest.property_name,
    coalesce(title_counts.title_count, 0) as title_count
from {{ newest_names(ref('int_title_extracts'), 'property') }} as newest
left join title_counts
    on newest.property_id = title_counts.property_id
