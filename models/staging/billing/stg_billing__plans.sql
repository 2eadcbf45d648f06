with

plans as (

    select * from {{ source('billing', 'plans') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    plans.plan_id,
    plans.currency_code,
    plans.plan_name,
    plans.plan_tier,
    plans.billing_period_months,
    plans.price_amount,
    file_manifest.extract_date,
    file_manifest.file_key,
    plans._row_number as row_number,
    file_manifest.load_id
from plans
inner join file_manifest
    on plans._file_key = file_manifest.generation_key
