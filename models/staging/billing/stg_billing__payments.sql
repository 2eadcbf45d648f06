with

payments as (

    select * from {{ source('billing', 'payments') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    payments.payment_id,
    payments.subscription_id,
    payments.customer_id,
    payments.currency_code,
    payments.payment_status,
    payments.failure_reason,
    payments.attempt_number,
    payments.payment_amount,
    payments.paid_at,
    coalesce(payments.received_at, payments.paid_at) as received_at,
    file_manifest.file_key,
    payments._row_number as row_number,
    file_manifest.load_id
from payments
inner join file_manifest
    on payments._file_key = file_manifest.generation_key
