-- The subscription that counts on a snapshot day, as the newest extract before it told.

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}

),

subscriptions as (

    select * from {{ ref('int_subscription_versions') }}

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

)

select
    customer_id,
    as_of_date,
    subscription_id,
    plan_id,
    currency_code,
    subscription_status,
    is_cancelled,
    has_auto_renewal,
    subscribed_at
from ranked
where subscription_rank = 1
