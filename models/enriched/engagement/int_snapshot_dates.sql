-- The only place that makes as-of dates. The snapshot is the day after the last one on which
-- anything was received, so that it sees that day whole.

{% set fixed_date = env_var('MARQUEE_AS_OF_DATE', '') %}
{% set next_day = dbt.dateadd('day', 1, 'received_date') %}

with

events as (

    select * from {{ ref('fct_events') }}

),

ratings as (

    select * from {{ ref('fct_ratings') }}

),

tags as (

    select * from {{ ref('fct_tags') }}

),

customers as (

    select * from {{ ref('stg_crm__customers') }}

),

titles as (

    select * from {{ ref('stg_dam__titles') }}

),

last_days as (

    select max(cast(received_at as date)) as received_date from events
    union all
    select max(cast(rated_at as date)) as received_date from ratings
    union all
    select max(cast(tagged_at as date)) as received_date from tags
    union all
    select max(extract_date) as received_date from customers
    union all
    select max(extract_date) as received_date from titles

),

last_day as (

    select max(received_date) as received_date
    from last_days

)

select cast({{ "'" ~ fixed_date ~ "'" if fixed_date else next_day }} as date) as as_of_date
from last_day
where received_date is not null
