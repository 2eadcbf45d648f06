with

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

titles as (

    select * from {{ ref('feat_titles') }}

)

select
    recommendations.customer_id,
    titles.series_id,
    count(*) as title_count
from recommendations
inner join titles
    on recommendations.title_id = titles.title_id
where titles.series_id is not null
group by recommendations.customer_id, titles.series_id
having count(*) > 1
