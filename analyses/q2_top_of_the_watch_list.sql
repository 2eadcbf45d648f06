-- Which titles go to the top of each customer's watch list?
-- The first five of each list, with why each title is there; new customers have lists too. Lists
-- hold what is licensed in the customer's country, and of a series its episodes.

with

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

titles as (

    select * from {{ ref('titles') }}

)

select
    recommendations.customer_id,
    recommendations.recommendation_rank,
    recommendations.title_id,
    titles.title_name,
    series_titles.title_name as series_name,
    titles.genres,
    recommendations.strategy,
    because_titles.title_name as because_title_name,
    recommendations.score
from recommendations
inner join titles
    on recommendations.title_id = titles.title_id
left join titles as series_titles
    on titles.series_id = series_titles.title_id
left join titles as because_titles
    on recommendations.because_title_id = because_titles.title_id
where recommendations.recommendation_rank <= 5
order by recommendations.customer_id, recommendations.recommendation_rank
