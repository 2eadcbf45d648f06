-- Each attempt once, however often it was delivered. A refund is no other delivery but something that happened
-- to the payment later: it stands beside what became of the attempt.

with

payments as (

    select * from {{ ref('stg_billing__payments') }}

),

exchange_rates as (

    select * from {{ ref('exchange_rates') }}

),

refunds as (

    select
        payment_id,
        min(received_at) as refund_received_at
    from payments
    where payment_status = 'refunded'
    group by payment_id

),

attempts as (

    select
        *,
        payment_status = 'failed' as is_failed,
        sum(case when payment_status = 'succeeded' then 1 else 0 end) over (
            partition by subscription_id
            order by paid_at asc, payment_id asc
            rows between unbounded preceding and 1 preceding
        ) as earlier_success_count
    from
        {{ earliest_deliveries(
            ref('stg_billing__payments'),
            keys=['payment_id'],
            payload=[
                'paid_at', 'subscription_id', 'customer_id', 'currency_code', 'payment_status', 'payment_amount',
                'failure_reason', 'attempt_number'
            ],
            first=["case when payment_status = 'refunded' then 1 else 0 end"]
        ) }} as deliveries

),

streaks as (

    select
        *,
        count(case when is_failed then 1 end) over (
            partition by subscription_id, coalesce(earlier_success_count, 0)
            order by paid_at asc, payment_id asc
            rows between unbounded preceding and current row
        ) as failed_count_so_far
    from attempts

),

rate_days as (

    select
        *,
        lead(valid_from_date) over (
            partition by currency_code
            order by valid_from_date asc
        ) as next_valid_from_date
    from exchange_rates

)

select
    streaks.payment_id,
    streaks.subscription_id,
    streaks.customer_id,
    streaks.currency_code,
    streaks.payment_status,
    streaks.failure_reason,
    streaks.attempt_number,
    streaks.payment_amount,
    -- A product of decimals is exact, wide enough not to overflow, and the cast rounds half up.
    cast(
        cast(streaks.payment_amount as decimal(20, 2)) * rate_days.usd_rate as decimal(18, 2)
    ) as payment_amount_usd,
    streaks.failed_count_so_far
    - case when streaks.is_failed then 1 else 0 end as earlier_failure_count,
    streaks.is_failed,
    refunds.payment_id is not null as is_refunded,
    streaks.paid_at,
    streaks.received_at,
    refunds.refund_received_at,
    streaks.load_id
from streaks
left join refunds
    on streaks.payment_id = refunds.payment_id
left join rate_days
    on
        streaks.currency_code = rate_days.currency_code
        and cast(streaks.paid_at as date) >= rate_days.valid_from_date
        and (
            rate_days.next_valid_from_date is null
            or cast(streaks.paid_at as date) < rate_days.next_valid_from_date
        )
