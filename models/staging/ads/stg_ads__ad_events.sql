with

ad_events as (

    select * from {{ source('ads', 'ad_events') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    ad_events.impression_id,
    ad_events.ad_event_type,
    ad_events.customer_id,
    ad_events.device_id,
    ad_events.title_id,
    ad_events.creative_id,
    ad_events.campaign_id,
    ad_events.break_type,
    ad_events.pod_position,
    ad_events.serving_probability,
    ad_events.ad_event_at,
    ad_events.received_at,
    file_manifest.file_key,
    ad_events._row_number as row_number,
    file_manifest.load_id
from ad_events
inner join file_manifest
    on ad_events._file_key = file_manifest.generation_key
