-- A view: only the history of prices reads it.

{{ config(materialized='view') }}

select
    plan_id,
    currency_code,
    plan_name,
    plan_tier,
    billing_period_months,
    price_amount,
    extract_date
from {{ last_of_each_day(ref('stg_billing__plans'), ['plan_id', 'currency_code']) }} as states
