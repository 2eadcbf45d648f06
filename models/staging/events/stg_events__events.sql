with

events as (

    select * from {{ source('events', 'events') }}

),

file_manifest as (

    select * from {{ source('marquee', 'file_manifest') }}

)

select
    events.event_id,
    events.customer_id,
    events.title_id,
    events.event_type,
    events.device_class,
    events.watched_ms,
    events.event_at,
    events.received_at,
    file_manifest.file_key,
    events._row_number as row_number,
    file_manifest.load_id
from events
inner join file_manifest
    on events._file_key = file_manifest.file_key
