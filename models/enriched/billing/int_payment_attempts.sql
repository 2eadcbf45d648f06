-- Each attempt once, however often it was delivered. A refund is no other delivery but something that happened
-- to the payment later: it stands beside what became of the attempt. How often an attempt had failed before
-- depends on all others of its subscription, so those are computed anew together.

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='payment_id',
    on_schema_change='fail'
) }}

with

staged as (

    select * from {{ ref('stg_billing__payments') }}

),

{% if is_incremental() %}
    fresh as (

        select distinct payment_id
        from staged
        where load_id > {{ processed_load_id() }}

    ),

    -- Of each delivery: a correction may have named another subscription.
    touched as (

        select distinct staged.subscription_id
        from staged
        inner join fresh
            on staged.payment_id = fresh.payment_id

    ),

    -- Every delivery of the attempts that any delivery counts to such a subscription.
    concerned as (

        select distinct staged.payment_id
        from staged
        inner join touched
            on staged.subscription_id = touched.subscription_id

    ),

{% endif %}
payments as (

    select staged.*
    from staged
    {% if is_incremental() %}
        inner join concerned
            on staged.payment_id = concerned.payment_id
    {% endif %}

),

refunds as (

    select
        payment_id,
        min(received_at) as refund_received_at
    from payments
    where payment_status = 'refunded'
    group by payment_id

),

kept as (

    select deliveries.*
    from
        {{ earliest_deliveries(
            'payments',
            keys=['payment_id'],
            payload=[
                'paid_at', 'subscription_id', 'customer_id', 'currency_code', 'payment_status', 'payment_amount',
                'failure_reason', 'attempt_number'
            ],
            first=["case when payment_status = 'refunded' then 1 else 0 end"]
        ) }} as deliveries
    {% if is_incremental() %}
        inner join touched
            on deliveries.subscription_id = touched.subscription_id
    {% endif %}

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
    from kept

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
