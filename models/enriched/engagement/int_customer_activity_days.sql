-- A view: where there are subscriptions, little of it is asked for.

{{ config(materialized='view') }}

with

device_days as (

    select * from {{ ref('int_device_day_versions') }}

),

ratings as (

    select * from {{ ref('fct_ratings') }}

),

tags as (

    select * from {{ ref('fct_tags') }}

),

posts as (

    select * from {{ ref('int_posts') }}

),

active as (

    select
        customer_id,
        broadcast_date as activity_date,
        known_from_date
    from device_days
    union all
    select
        customer_id,
        cast(rated_at as date) as activity_date,
        cast({{ dbt.dateadd('day', 1, 'cast(received_at as date)') }} as date) as known_from_date
    from ratings
    union all
    select
        customer_id,
        cast(tagged_at as date) as activity_date,
        cast({{ dbt.dateadd('day', 1, 'cast(received_at as date)') }} as date) as known_from_date
    from tags
    union all
    select
        customer_id,
        cast(posted_at as date) as activity_date,
        cast({{ dbt.dateadd('day', 1, 'cast(received_at as date)') }} as date) as known_from_date
    from posts

)

select
    customer_id,
    activity_date,
    min(known_from_date) as known_from_date
from active
where customer_id is not null
group by customer_id, activity_date
