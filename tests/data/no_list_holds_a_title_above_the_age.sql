-- An unrated title counts as one for adults.

with

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

titles as (

    select * from {{ ref('feat_titles') }}

),

customers as (

    select * from {{ ref('feat_customers') }}

)

select
    recommendations.customer_id,
    recommendations.title_id,
    titles.minimum_age,
    customers.highest_minimum_age
from recommendations
inner join titles
    on recommendations.title_id = titles.title_id
inner join customers
    on recommendations.customer_id = customers.customer_id
where coalesce(titles.minimum_age, 18) > customers.highest_minimum_age
