-- Who is a customer on a snapshot day. Where extracts of subscriptions had come, it is whoever has one
-- that still runs, also if it has been cancelled; a service without subscriptions knows its customers by
-- what they did in the last 90 days.

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}

),

subscriptions as (

    select * from {{ ref('int_subscription_versions') }}

),

extract_dates as (

    select * from {{ ref('int_subscription_extract_dates') }}

),

activity_days as (

    select * from {{ ref('int_customer_activity_days') }}

),

customers as (

    select * from {{ ref('dim_customer_versions') }}

),

services as (

    select
        windows.as_of_date,
        windows.from_90d_date,
        count(extract_dates.extract_date) > 0 as has_subscriptions
    from windows
    left join extract_dates
        on windows.as_of_date > extract_dates.extract_date
    group by windows.as_of_date, windows.from_90d_date

),

-- By receipt, which no later delivery can move back.
first_receipts as (

    select min(known_from_date) as known_from_date
    from activity_days

),

running as (

    select
        windows.as_of_date,
        subscriptions.*,
        subscriptions.cancelled_at is not null or subscriptions.subscription_status = 'cancelled' as is_cancelled
    from subscriptions
    inner join windows
        on
            subscriptions.valid_from_date < windows.as_of_date
            and (subscriptions.valid_to_date is null or subscriptions.valid_to_date >= windows.as_of_date)
    where
        -- Cancelled without an end that is known: gone.
        coalesce(
            subscriptions.ended_at > cast(windows.as_of_date as timestamp(6)),
            subscriptions.subscription_status <> 'cancelled'
        )

),

-- Of several subscriptions that run, the newest that has not been cancelled.
ranked as (

    select
        *,
        row_number() over (
            partition by as_of_date, customer_id
            order by is_cancelled asc, subscribed_at desc, subscription_id asc
        ) as subscription_rank
    from running

),

members as (

    select
        customer_id,
        as_of_date,
        subscription_id,
        plan_id,
        currency_code,
        subscription_status,
        true as has_subscription,
        is_cancelled,
        has_auto_renewal,
        subscribed_at
    from ranked
    where subscription_rank = 1
    union all
    select distinct
        activity_days.customer_id,
        services.as_of_date,
        cast(null as varchar) as subscription_id,
        cast(null as varchar) as plan_id,
        cast(null as varchar) as currency_code,
        cast(null as varchar) as subscription_status,
        false as has_subscription,
        false as is_cancelled,
        cast(null as boolean) as has_auto_renewal,
        cast(null as timestamp(6)) as subscribed_at
    from activity_days
    inner join services
        on
            not services.has_subscriptions
            and activity_days.known_from_date <= services.as_of_date
            and activity_days.activity_date < services.as_of_date
            and activity_days.activity_date >= services.from_90d_date

),

described as (

    select
        members.*,
        customers.country_code,
        date_diff('day', cast(members.subscribed_at as date), members.as_of_date) as tenure_days,
        date_diff(
            'day',
            cast(coalesce(customers.registered_at, members.subscribed_at) as date),
            members.as_of_date
        ) as customer_age_days,
        date_diff('day', first_receipts.known_from_date, members.as_of_date) + 1 as recorded_days
    from members
    cross join first_receipts
    left join customers
        on
            members.customer_id = customers.customer_id
            and members.as_of_date > customers.valid_from_date
            and (customers.valid_to_date is null or members.as_of_date <= customers.valid_to_date)

)

select
    customer_id,
    as_of_date,
    subscription_id,
    plan_id,
    currency_code,
    country_code,
    subscription_status,
    tenure_days,
    customer_age_days,
    -- At least a day, so that it can be divided by; least of a null differs between the engines.
    case
        when recorded_days >= 1
            then greatest(least(recorded_days, coalesce(customer_age_days, recorded_days), 90), 1)
    end as observed_days_90d,
    has_subscription,
    is_cancelled,
    has_auto_renewal,
    coalesce(subscription_status = 'trial', false) as is_trial,
    subscribed_at
from described
