with

service_cases as (

    select * from {{ source('contacts', 'service_cases') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    service_cases.case_id,
    service_cases.customer_id,
    service_cases.contact_channel,
    service_cases.case_topic,
    service_cases.case_status,
    service_cases.satisfaction_score,
    service_cases.opened_at,
    service_cases.closed_at,
    service_cases.updated_at,
    coalesce(service_cases.received_at, service_cases.updated_at) as received_at,
    file_manifest.file_key,
    service_cases._row_number as row_number,
    file_manifest.load_id
from service_cases
inner join file_manifest
    on service_cases._file_key = file_manifest.generation_key
