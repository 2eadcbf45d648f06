-- Who fell silent, for services without subscriptions: a customer lapses on the day on which the days of
-- silence are full, and is left out if they were full before the snapshot day. What is received after the
-- horizon changes no label. Where the first extract of subscriptions had come by then, silence is not the
-- question any more: those days have no labels at all.

{% set silence_days = var('churn_inactivity_days') | int %}

with

states as (

    select * from {{ ref('feat_customer_states') }}

),

horizons as (

    select * from {{ ref('label_horizons') }}

),

activity_days as (

    select * from {{ ref('int_customer_activity_days') }}

),

extract_dates as (

    select * from {{ ref('int_subscription_extract_dates') }}

),

first_extract as (

    select min(extract_date) as extract_date
    from extract_dates

),

active as (

    select
        states.customer_id,
        states.as_of_date,
        horizons.lapses_known_date as label_known_date,
        activity_days.activity_date,
        lead(activity_days.activity_date) over (
            partition by states.customer_id, states.as_of_date
            order by activity_days.activity_date asc
        ) as next_activity_date,
        cast({{ dbt.dateadd('day', silence_days, 'activity_days.activity_date') }} as date) as silent_until_date
    from states
    inner join horizons
        on states.as_of_date = horizons.as_of_date
    inner join activity_days
        on
            states.customer_id = activity_days.customer_id
            and horizons.lapses_known_date >= activity_days.known_from_date
            and horizons.lapses_known_date > activity_days.activity_date
            and cast({{ dbt.dateadd('day', -silence_days, 'states.as_of_date') }} as date)
            <= activity_days.activity_date
    cross join first_extract
    where
        not states.has_subscription
        and (first_extract.extract_date is null or first_extract.extract_date >= horizons.lapses_known_date)

),

lapses as (

    select
        customer_id,
        as_of_date,
        label_known_date,
        min(activity_date) as first_activity_date,
        min(
            case
                when
                    silent_until_date < label_known_date
                    and (next_activity_date is null or next_activity_date > silent_until_date)
                    then silent_until_date
            end
        ) as lapsed_date
    from active
    group by customer_id, as_of_date, label_known_date

)

select
    customer_id,
    as_of_date,
    case when lapsed_date is not null then 'inactivity' end as churn_type,
    lapsed_date is not null as is_churned,
    label_known_date,
    cast(lapsed_date as timestamp(6)) as churned_at
from lapses
-- Silent at the snapshot day already, whoever came back.
where first_activity_date < as_of_date
