-- A view: a few rows that say which days the windows of features hold.

{{ config(materialized='view') }}

with

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

)

select
    as_of_date,
    is_latest,
    cast({{ dbt.dateadd('day', -7, 'as_of_date') }} as date) as from_7d_date,
    cast({{ dbt.dateadd('day', -30, 'as_of_date') }} as date) as from_30d_date,
    cast({{ dbt.dateadd('day', -90, 'as_of_date') }} as date) as from_90d_date
from snapshot_dates
