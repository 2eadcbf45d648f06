-- A view: a few rows. The days on which offers were made, each with the newest snapshot day that had come by
-- then and the same horizon as that of a snapshot day.

{{ config(materialized='view') }}

with

offers as (

    select * from {{ ref('fct_retention_offers') }}

),

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

),

extract_dates as (

    select * from {{ ref('int_subscription_extract_dates') }}

),

latest as (

    select as_of_date as latest_date
    from snapshot_dates
    where is_latest

),

offer_days as (

    select distinct cast(offers.offered_at as date) as offered_date
    from offers
    inner join latest
        on offers.received_at < cast(latest.latest_date as timestamp(6))

),

known_extracts as (

    select cast({{ dbt.dateadd('day', 1, 'extract_date') }} as date) as known_from_date
    from extract_dates

),

described as (

    select
        offer_days.offered_date,
        latest.latest_date,
        cast(
            {{ dbt.dateadd('day', var('churn_horizon_days') | int, 'offer_days.offered_date') }} as date
        ) as horizon_end_date,
        max(snapshot_dates.as_of_date) as as_of_date
    from offer_days
    cross join latest
    left join snapshot_dates
        on offer_days.offered_date >= snapshot_dates.as_of_date
    group by offer_days.offered_date, latest.latest_date

)

select
    described.offered_date,
    described.as_of_date,
    described.horizon_end_date,
    min(known_extracts.known_from_date) as cancellations_known_date
from described
left join known_extracts
    on
        described.horizon_end_date <= known_extracts.known_from_date
        and described.latest_date >= known_extracts.known_from_date
group by described.offered_date, described.as_of_date, described.horizon_end_date
