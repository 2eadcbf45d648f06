-- A view: a few rows. A horizon is over for those who look back from the newest snapshot day: what happened in
-- it is told by what was received before that day, of subscriptions by an extract of the horizon's last day or later.

{{ config(materialized='view') }}

with

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

),

extract_dates as (

    select * from {{ ref('int_subscription_extract_dates') }}

),

latest as (

    select as_of_date
    from snapshot_dates
    where is_latest

),

horizons as (

    select
        snapshot_dates.as_of_date,
        cast(
            {{ dbt.dateadd('day', var('churn_horizon_days') | int, 'snapshot_dates.as_of_date') }} as date
        ) as horizon_end_date,
        latest.as_of_date as latest_date
    from snapshot_dates
    cross join latest

),

known_extracts as (

    select cast({{ dbt.dateadd('day', 1, 'extract_date') }} as date) as known_from_date
    from extract_dates

)

select
    horizons.as_of_date,
    horizons.horizon_end_date,
    min(known_extracts.known_from_date) as cancellations_known_date,
    case when horizons.horizon_end_date <= horizons.latest_date then horizons.horizon_end_date end
        as lapses_known_date
from horizons
left join known_extracts
    on
        horizons.horizon_end_date <= known_extracts.known_from_date
        and horizons.latest_date >= known_extracts.known_from_date
group by horizons.as_of_date, horizons.horizon_end_date, horizons.latest_date
