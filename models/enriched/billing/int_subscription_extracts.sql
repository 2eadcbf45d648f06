-- A view: a day's extract lists all subscriptions, and the history keeps only what changed.

{{ config(materialized='view') }}

select
    subscription_id,
    customer_id,
    plan_id,
    currency_code,
    subscription_status,
    cancellation_type,
    cancellation_reason,
    has_auto_renewal,
    listed_date as extract_date,
    subscribed_at,
    plan_started_at,
    cancelled_at,
    ended_at
from
    {{ states_of_extracts(
        ref('stg_billing__subscriptions'),
        keys=['subscription_id'],
        table='billing.subscriptions',
        days=ref('int_extract_days')
    ) }} as states
