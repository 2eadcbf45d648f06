-- A session is one visitor on one device until half an hour of silence or the end of the broadcast
-- day. One row for each state in which the day was known; fct_sessions shows the newest.

{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=['visitor_id', 'device_id', 'broadcast_date', 'known_from_date', 'session_number'],
    on_schema_change='fail'
) }}

{% set in_order = 'partition by device_day_number order by event_at' %}

with

events as (

    select * from {{ ref('fct_events') }}

),

versions as (

    select * from {{ ref('int_device_day_versions') }}

),

{{ touched() }}

{{ known_events(
    ['event_type', 'profile_id', 'place_country_code', 'event_at', 'load_id'], 'true'
) }},

gaps as (

    select
        *,
        {{ elapsed_ms('lag(event_at) over (' ~ in_order ~ ')', 'event_at') }} as silence_ms
    from known_events

),

numbered as (

    select
        *,
        cast(sum(
            case when silence_ms <= {{ (var('session_gap_minutes') | int) * 60000 }} then 0 else 1 end
        ) over ({{ in_order }} range between unbounded preceding and current row) as bigint) as session_number
    from gaps

),

sessions as (

    select
        device_day_number,
        session_number,
        min(profile_id) as profile_id,
        min(place_country_code) as place_country_code,
        count(*) as event_count,
        count(case when event_type = 'browse' then 1 end) as browse_count,
        count(case when event_type = 'search' then 1 end) as search_count,
        count(case when event_type = 'impression' then 1 end) as impression_count,
        count(case when event_type = 'click' then 1 end) as click_count,
        count(case when event_type in ('play', 'watch') then 1 end) as play_event_count,
        count(case when event_type = 'error' then 1 end) as error_count,
        min(event_at) as started_at,
        max(event_at) as ended_at,
        max(load_id) as load_id
    from numbered
    group by device_day_number, session_number

)

select
    device_days.visitor_id,
    device_days.device_id,
    device_days.customer_id,
    sessions.profile_id,
    sessions.place_country_code,
    sessions.session_number,
    sessions.event_count,
    sessions.browse_count,
    sessions.search_count,
    sessions.impression_count,
    sessions.click_count,
    sessions.play_event_count,
    sessions.error_count,
    device_days.broadcast_date,
    device_days.known_from_date,
    device_days.known_to_date,
    sessions.started_at,
    sessions.ended_at,
    sessions.load_id
from sessions
inner join device_days
    on sessions.device_day_number = device_days.device_day_number
