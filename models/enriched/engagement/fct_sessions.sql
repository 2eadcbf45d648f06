{{ config(materialized='view') }}

with

versions as (

    select * from {{ ref('int_session_versions') }}

)

select
    visitor_id,
    device_id,
    customer_id,
    profile_id,
    place_country_code,
    session_number,
    event_count,
    browse_count,
    search_count,
    impression_count,
    click_count,
    play_event_count,
    error_count,
    {{ elapsed_ms('started_at', 'ended_at') }} as session_ms,
    broadcast_date,
    started_at,
    ended_at,
    load_id
from versions
where known_to_date is null
