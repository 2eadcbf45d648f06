-- Every known customer, new ones included, gets a full list, or all that is left to see: of the titles on
-- offer those that are playable, licensed in the customer's country or everywhere, fit for the age, and not
-- known to the customer unless they are songs; of a series one. Counted for the customers with short lists.

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

lists as (

    select
        customers.customer_id,
        customers.country_code,
        customers.highest_minimum_age,
        count(recommendations.title_id) as title_count,
        coalesce(max(recommendations.recommendation_rank), 0) as last_rank
    from customers
    left join recommendations
        on customers.customer_id = recommendations.customer_id
    group by customers.customer_id, customers.country_code, customers.highest_minimum_age

),

short_lists as (

    select *
    from lists
    where title_count < {{ var('list_length') }}

),

left_to_see as (

    select
        short_lists.customer_id,
        count(distinct coalesce(titles.series_id, titles.title_id)) as title_count
    from short_lists
    cross join titles
    inner join licences
        on
            titles.title_id = licences.title_id
            and (licences.territory_code = 'WW' or short_lists.country_code = licences.territory_code)
    left join interactions
        on
            titles.title_id = interactions.title_id
            and short_lists.customer_id = interactions.customer_id
    where
        titles.is_playable
        and coalesce(titles.minimum_age, 18) <= short_lists.highest_minimum_age
        and (interactions.title_id is null or titles.title_type = 'track')
    group by short_lists.customer_id

)

select
    lists.customer_id,
    lists.title_count,
    lists.last_rank,
    left_to_see.title_count as left_title_count
from lists
left join left_to_see
    on lists.customer_id = left_to_see.customer_id
where
    lists.last_rank <> lists.title_count
    or lists.title_count > {{ var('list_length') }}
    or (
        lists.title_count < {{ var('list_length') }}
        and lists.title_count <> coalesce(left_to_see.title_count, 0)
    )
