with

events as (

    select * from {{ source('events', 'events') }}

),

file_manifest as (

    select * from {{ ref('stg_marquee__file_manifest') }}

)

select
    events.event_id,
    coalesce(events.customer_id, concat('device:', coalesce(events.device_id, ''))) as visitor_id,
    events.customer_id,
    events.profile_id,
    coalesce(events.device_id, '') as device_id,
    events.title_id,
    events.event_type,
    events.search_text,
    events.error_code,
    events.app_version,
    events.device_class,
    events.device_system,
    events.app_class,
    events.network_prefix,
    events.place_country_code,
    events.place_region_name,
    events.place_city_name,
    events.place_time_zone,
    events.place_status,
    events.position_ms,
    events.duration_ms,
    events.bitrate_kbps,
    events.watched_ms,
    {{ broadcast_date('events.event_at') }} as broadcast_date,
    cast(events.received_at as date) as received_date,
    events.event_at,
    events.received_at,
    file_manifest.file_key,
    events._row_number as row_number,
    file_manifest.load_id
from events
inner join file_manifest
    on events._file_key = file_manifest.generation_key
