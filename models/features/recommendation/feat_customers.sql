-- The newest extract before the snapshot day, and whoever had turned to a title before it.

with

snapshot_dates as (

    select as_of_date
    from {{ ref('int_snapshot_dates') }}
    where is_latest

),

extracts as (

    select * from {{ ref('int_customer_extracts') }}

),

interactions as (

    select * from {{ ref('feat_customer_title_interactions') }}

),

states as (

    select
        snapshot_dates.as_of_date,
        extracts.customer_id,
        extracts.country_code,
        extracts.language_code,
        row_number() over (
            partition by snapshot_dates.as_of_date, extracts.customer_id
            order by extracts.extract_date desc
        ) as state_rank
    from extracts
    inner join snapshot_dates
        on extracts.extract_date < snapshot_dates.as_of_date

),

known as (

    select
        customer_id,
        as_of_date
    from states
    union distinct
    select
        customer_id,
        as_of_date
    from interactions

)

select
    known.customer_id,
    known.as_of_date,
    states.country_code,
    states.language_code
from known
left join states
    on
        known.customer_id = states.customer_id
        and known.as_of_date = states.as_of_date
        and states.state_rank = 1
