with

retention_offers as (

    select * from {{ source('contacts', 'retention_offers') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    retention_offers.offer_id,
    retention_offers.customer_id,
    retention_offers.campaign_id,
    retention_offers.offer_name,
    retention_offers.treatment_group,
    retention_offers.treatment_probability,
    retention_offers.offered_at,
    coalesce(retention_offers.received_at, retention_offers.offered_at) as received_at,
    file_manifest.file_key,
    retention_offers._row_number as row_number,
    file_manifest.load_id
from retention_offers
inner join file_manifest
    on retention_offers._file_key = file_manifest.generation_key
