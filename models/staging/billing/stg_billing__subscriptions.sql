with

subscriptions as (

    select * from {{ source('billing', 'subscriptions') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    subscriptions.subscription_id,
    subscriptions.customer_id,
    subscriptions.plan_id,
    subscriptions.currency_code,
    subscriptions.subscription_status,
    subscriptions.cancellation_type,
    subscriptions.cancellation_reason,
    subscriptions.has_auto_renewal,
    file_manifest.extract_date,
    subscriptions.subscribed_at,
    subscriptions.plan_started_at,
    subscriptions.cancelled_at,
    subscriptions.ended_at,
    file_manifest.file_key,
    subscriptions._row_number as row_number,
    file_manifest.load_id
from subscriptions
inner join file_manifest
    on subscriptions._file_key = file_manifest.generation_key
