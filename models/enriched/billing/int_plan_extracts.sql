-- A view: only the history of prices reads it.

{{ config(materialized='view') }}

select
    plan_id,
    currency_code,
    plan_name,
    plan_tier,
    billing_period_months,
    price_amount,
    listed_date as extract_date
from
    {{ states_of_extracts(
        ref('stg_billing__plans'),
        keys=['plan_id', 'currency_code'],
        table='billing.plans',
        days=ref('int_extract_days')
    ) }} as states
