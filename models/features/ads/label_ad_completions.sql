-- An impression whose serving was received in the last hour before the snapshot day has no label: the report that it
-- was completed may still be on its way.

{% set settled_at = dbt.dateadd('hour', 1, 'impressions.served_received_at') %}

with

impressions as (

    select * from {{ ref('fct_ad_impressions') }}

),

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

),

latest as (

    select as_of_date
    from snapshot_dates
    where is_latest

)

select
    impressions.impression_id,
    impressions.customer_id,
    case
        when cast({{ settled_at }} as date) < latest.as_of_date
            then coalesce(cast(impressions.completed_received_at as date) < latest.as_of_date, false)
    end as is_ad_completed,
    latest.as_of_date,
    case
        when cast({{ settled_at }} as date) < latest.as_of_date
            then cast({{ dbt.dateadd('day', 1, settled_at) }} as date)
    end as outcome_known_date
from impressions
inner join latest
    on cast(impressions.served_received_at as date) < latest.as_of_date
