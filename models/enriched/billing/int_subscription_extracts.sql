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
    extract_date,
    subscribed_at,
    plan_started_at,
    cancelled_at,
    ended_at
from {{ last_of_each_day(ref('stg_billing__subscriptions'), ['subscription_id']) }} as states
