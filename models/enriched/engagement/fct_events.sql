-- Each event once: all deliveries but those that lost against another one.

{{ config(
    materialized='incremental',
    incremental_strategy='replace_loads',
    unique_key=['load_id', 'row_number'],
    on_schema_change='fail'
) }}

with

events as (

    select * from {{ ref('stg_events__events') }}

),

resolutions as (

    select * from {{ ref('int_event_resolutions') }}

),

lost as (

    select
        load_id,
        row_number
    from resolutions
    where resolution <> 'kept'

)

select
    events.event_id,
    events.visitor_id,
    events.customer_id,
    events.profile_id,
    events.device_id,
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
    coalesce(events.device_class = 'bot', false) as is_bot,
    events.broadcast_date,
    events.received_date,
    events.event_at,
    events.received_at,
    events.load_id,
    events.row_number
from events
left join lost
    on
        events.load_id = lost.load_id
        and events.row_number = lost.row_number
where
    lost.load_id is null
    and events.load_id <= {{ resolved_load_id() }}
    {% if is_incremental() %}
        and events.load_id > {{ processed_load_id() }}
    {% endif %}
