select
    plan_id,
    currency_code,
    plan_name,
    plan_tier,
    billing_period_months,
    price_amount,
    valid_from_date,
    last_seen_date,
    valid_to_date
from
    {{ state_periods(
        ref('int_plan_extracts'),
        keys=['plan_id', 'currency_code'],
        columns=['plan_name', 'plan_tier', 'billing_period_months', 'price_amount']
    ) }} as prices
