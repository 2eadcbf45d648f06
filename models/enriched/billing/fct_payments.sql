-- A view: the exchange rates are business people's, and may be corrected at any time.

{{ config(materialized='view') }}

with

attempts as (

    select * from {{ ref('int_payment_attempts') }}

),

exchange_rates as (

    select * from {{ ref('exchange_rates') }}

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
    attempts.payment_id,
    attempts.subscription_id,
    attempts.customer_id,
    attempts.currency_code,
    attempts.payment_status,
    attempts.failure_reason,
    attempts.attempt_number,
    attempts.payment_amount,
    -- A product of decimals is exact, wide enough not to overflow, and the cast rounds half up.
    cast(
        cast(attempts.payment_amount as decimal(20, 2)) * rate_days.usd_rate as decimal(18, 2)
    ) as payment_amount_usd,
    attempts.earlier_failure_count,
    attempts.is_failed,
    attempts.is_refunded,
    attempts.paid_at,
    attempts.received_at,
    attempts.refund_received_at,
    attempts.load_id
from attempts
left join rate_days
    on
        attempts.currency_code = rate_days.currency_code
        and cast(attempts.paid_at as date) >= rate_days.valid_from_date
        and (
            rate_days.next_valid_from_date is null
            or cast(attempts.paid_at as date) < rate_days.next_valid_from_date
        )
