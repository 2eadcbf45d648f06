-- Every known customer, new ones included, gets a full list, or all that is left to see: of the
-- titles on offer those that are playable and licensed in the customer's country, or everywhere.

with

customers as (

    select * from {{ ref('feat_customers') }}

),

titles as (

    select * from {{ ref('feat_titles') }}

),

licences as (

    select * from {{ ref('feat_title_licences') }}

),

interactions as (

    select * from {{ ref('feat_customer_title_interactions') }}

),

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

countries as (

    select distinct coalesce(country_code, 'unknown') as country_code
    from customers

),

residents as (

    select
        customer_id,
        coalesce(country_code, 'unknown') as country_code
    from customers

),

shown as (

    select
        countries.country_code,
        titles.title_id
    from titles
    inner join licences
        on titles.title_id = licences.title_id
    inner join countries
        on licences.territory_code = 'WW' or licences.territory_code = countries.country_code
    where titles.is_playable

),

totals as (

    select
        countries.country_code,
        count(shown.title_id) as title_count
    from countries
    left join shown
        on countries.country_code = shown.country_code
    group by countries.country_code

),

seen as (

    select
        interactions.customer_id,
        count(*) as title_count
    from interactions
    inner join residents
        on interactions.customer_id = residents.customer_id
    inner join shown
        on
            interactions.title_id = shown.title_id
            and residents.country_code = shown.country_code
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
    residents.customer_id,
    residents.country_code,
    totals.title_count - coalesce(seen.title_count, 0) as unseen_title_count,
    lists.title_count,
    lists.last_rank
from residents
inner join totals
    on residents.country_code = totals.country_code
left join seen
    on residents.customer_id = seen.customer_id
left join lists
    on residents.customer_id = lists.customer_id
where
    coalesce(lists.title_count, 0)
    <> least({{ var('list_length') }}, totals.title_count - coalesce(seen.title_count, 0))
    or lists.last_rank <> lists.title_count
