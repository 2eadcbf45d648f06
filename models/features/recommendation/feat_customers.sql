-- What the newest extract before the snapshot day told, and whoever had turned to a title before it. Of the
-- age no more is passed on than what may be shown at it.

with

snapshot_dates as (

    select as_of_date
    from {{ ref('int_snapshot_dates') }}
    where is_latest

),

versions as (

    select * from {{ ref('dim_customer_versions') }}

),

interactions as (

    select * from {{ ref('feat_customer_title_interactions') }}

),

limits as (

    select * from {{ ref('maturity_limits') }}

),

states as (

    select
        snapshot_dates.as_of_date,
        versions.customer_id,
        versions.country_code,
        versions.language_code,
        versions.age_band,
        row_number() over (
            partition by snapshot_dates.as_of_date, versions.customer_id
            order by versions.valid_from_date desc
        ) as state_rank
    from versions
    inner join snapshot_dates
        on versions.valid_from_date < snapshot_dates.as_of_date

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
    states.language_code,
    limits.highest_minimum_age
from known
left join states
    on
        known.customer_id = states.customer_id
        and known.as_of_date = states.as_of_date
        and states.state_rank = 1
left join limits
    on coalesce(states.age_band, 'unknown') = limits.age_band
