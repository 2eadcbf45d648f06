-- The only place that makes as-of dates: the first day of each month, which sees the month before it
-- whole, and the day after the last one on which anything was received, which is complete.

{% set fixed_date = env_var('MARQUEE_AS_OF_DATE', '') %}
{% set next_day = dbt.dateadd('day', 1, 'max(received_date)') %}

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

    select * from {{ ref('fct_posts') }}

),

payments as (

    select * from {{ ref('fct_payments') }}

),

service_cases as (

    select * from {{ ref('fct_service_cases') }}

),

retention_offers as (

    select * from {{ ref('fct_retention_offers') }}

),

ad_impressions as (

    select * from {{ ref('fct_ad_impressions') }}

),

customers as (

    select * from {{ ref('stg_crm__customers') }}

),

titles as (

    select * from {{ ref('stg_dam__titles') }}

),

received as (

    select distinct cast({{ dbt.dateadd('day', -1, 'known_from_date') }} as date) as received_date from device_days
    union distinct
    select distinct cast(received_at as date) as received_date from ratings
    union distinct
    select distinct cast(received_at as date) as received_date from tags
    union distinct
    select distinct cast(received_at as date) as received_date from posts
    union distinct
    select distinct cast(received_at as date) as received_date from payments
    union distinct
    select distinct cast(received_at as date) as received_date from service_cases
    union distinct
    select distinct cast(received_at as date) as received_date from retention_offers
    union distinct
    select distinct cast(last_received_at as date) as received_date from ad_impressions
    union distinct
    select distinct extract_date as received_date from customers
    union distinct
    select distinct extract_date as received_date from titles

),

latest as (

    select cast({{ "'" ~ fixed_date ~ "'" if fixed_date else next_day }} as date) as as_of_date
    from received
    having count(*) > 0

),

first_receipt as (

    select min(received_date) as received_date
    from received

),

months as (

    select distinct cast({{ dbt.date_trunc('month', 'received_date') }} as date) as as_of_date
    from received

)

select
    as_of_date,
    true as is_latest
from latest
union all
select
    months.as_of_date,
    false as is_latest
from months
cross join latest
cross join first_receipt
where
    months.as_of_date > first_receipt.received_date
    and months.as_of_date < latest.as_of_date
