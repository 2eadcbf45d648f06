-- Every known customer, new ones included, gets a full list, or all on offer that is left to see.

with

customers as (

    select * from {{ ref('feat_customers') }}

),

titles as (

    select * from {{ ref('feat_titles') }}

),

interactions as (

    select * from {{ ref('feat_customer_title_interactions') }}

),

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

title_total as (

    select count(*) as title_count
    from titles

),

seen as (

    select
        interactions.customer_id,
        count(*) as title_count
    from interactions
    inner join titles
        on interactions.title_id = titles.title_id
    group by interactions.customer_id

),

lists as (

    select
        customer_id,
        count(*) as title_count,
        max(recommendation_rank) as last_rank
    from recommendations
    group by customer_id

)

select
    customers.customer_id,
    title_total.title_count - coalesce(seen.title_count, 0) as unseen_title_count,
    lists.title_count,
    lists.last_rank
from customers
cross join title_total
left join seen
    on customers.customer_id = seen.customer_id
left join lists
    on customers.customer_id = lists.customer_id
where
    coalesce(lists.title_count, 0)
    <> least({{ var('list_length') }}, title_total.title_count - coalesce(seen.title_count, 0))
    or lists.last_rank <> lists.title_count
