-- What customers pay, and what went wrong with it. A refund that came before its payment would hide which
-- attempt it was of, so only attempts count, each by its own receipt.

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}

),

states as (

    select * from {{ ref('feat_customer_states') }}

),

payments as (

    select * from {{ ref('fct_payments') }}

),

subscriptions as (

    select * from {{ ref('int_subscription_versions') }}

),

plan_prices as (

    select * from {{ ref('feat_plan_prices') }}

),

payment_sums as (

    select
        payments.customer_id,
        windows.as_of_date,
        count(case when payments.paid_at >= cast(windows.from_90d_date as timestamp(6)) then 1 end)
            as payment_count_90d,
        count(
            case when payments.is_failed and payments.paid_at >= cast(windows.from_30d_date as timestamp(6)) then 1 end
        ) as failed_payment_count_30d,
        count(
            case when payments.is_failed and payments.paid_at >= cast(windows.from_90d_date as timestamp(6)) then 1 end
        ) as failed_payment_count_90d,
        cast(sum(
            case
                when not payments.is_failed and payments.paid_at >= cast(windows.from_90d_date as timestamp(6))
                    then payments.payment_amount_usd
            end
        ) as decimal(18, 2)) as paid_amount_usd_90d,
        max(case when payments.is_failed then payments.paid_at end) as last_failed_at,
        max(case when not payments.is_failed then payments.paid_at end) as last_paid_at
    from payments
    inner join windows
        on payments.received_at < cast(windows.as_of_date as timestamp(6))
    where payments.payment_status in ('succeeded', 'failed')
    group by payments.customer_id, windows.as_of_date

),

followed as (

    select
        customer_id,
        valid_from_date,
        plan_id,
        lag(plan_id) over (partition by subscription_id order by valid_from_date asc) as previous_plan_id
    from subscriptions

),

plan_changes as (

    select
        followed.customer_id,
        windows.as_of_date,
        count(*) as plan_change_count_90d
    from followed
    inner join windows
        on
            followed.valid_from_date < windows.as_of_date
            and followed.valid_from_date >= windows.from_90d_date
    where followed.previous_plan_id <> followed.plan_id
    group by followed.customer_id, windows.as_of_date

)

select
    states.customer_id,
    states.as_of_date,
    plan_prices.plan_tier,
    plan_prices.billing_period_months,
    plan_prices.monthly_price_usd,
    plan_prices.price_ratio_90d,
    coalesce(plan_changes.plan_change_count_90d, 0) as plan_change_count_90d,
    coalesce(payment_sums.payment_count_90d, 0) as payment_count_90d,
    coalesce(payment_sums.failed_payment_count_30d, 0) as failed_payment_count_30d,
    coalesce(payment_sums.failed_payment_count_90d, 0) as failed_payment_count_90d,
    coalesce(payment_sums.paid_amount_usd_90d, cast(0 as decimal(18, 2))) as paid_amount_usd_90d,
    date_diff('day', cast(payment_sums.last_failed_at as date), states.as_of_date) as days_since_last_failed_payment,
    date_diff('day', cast(payment_sums.last_paid_at as date), states.as_of_date) as days_since_last_payment
from states
left join payment_sums
    on
        states.customer_id = payment_sums.customer_id
        and states.as_of_date = payment_sums.as_of_date
left join plan_changes
    on
        states.customer_id = plan_changes.customer_id
        and states.as_of_date = plan_changes.as_of_date
left join plan_prices
    on
        states.plan_id = plan_prices.plan_id
        and states.currency_code = plan_prices.currency_code
        and states.as_of_date = plan_prices.as_of_date
