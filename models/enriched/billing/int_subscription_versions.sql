-- What was known when: features take the version with valid_from_date before their snapshot day,
-- and valid_to_date null or not before it.

select
    subscription_id,
    customer_id,
    plan_id,
    currency_code,
    subscription_status,
    cancellation_type,
    cancellation_reason,
    has_auto_renewal,
    valid_from_date,
    last_seen_date,
    valid_to_date,
    subscribed_at,
    plan_started_at,
    cancelled_at,
    ended_at
from
    {{ state_periods(
        ref('int_subscription_extracts'),
        keys=['subscription_id'],
        columns=[
            'customer_id', 'plan_id', 'currency_code', 'subscription_status', 'cancellation_type',
            'cancellation_reason', 'has_auto_renewal', 'subscribed_at', 'plan_started_at',
            'cancelled_at', 'ended_at'
        ]
    ) }} as versions
