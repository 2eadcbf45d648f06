{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=['customer_id', 'broadcast_date'],
    on_schema_change='fail'
) }}

with

device_days as (

    select * from {{ ref('int_device_day_versions') }}

),

sessions as (

    select * from {{ ref('int_session_versions') }}

),

plays as (

    select * from {{ ref('int_play_versions') }}

),

{{ touched() }}

days as (

    select
        device_days.customer_id,
        device_days.broadcast_date,
        cast(count(*) as bigint) as device_count,
        cast(sum(device_days.event_count) as bigint) as event_count,
        cast(sum(device_days.browse_count) as bigint) as browse_count,
        cast(sum(device_days.search_count) as bigint) as search_count,
        cast(sum(device_days.impression_count) as bigint) as impression_count,
        cast(sum(device_days.click_count) as bigint) as click_count,
        min(device_days.first_active_at) as first_active_at,
        max(device_days.last_active_at) as last_active_at,
        max(device_days.load_id) as load_id
    from device_days
    {{ of_touched_days('device_days') }}
    where device_days.known_to_date is null and device_days.customer_id is not null
    group by device_days.customer_id, device_days.broadcast_date

),

day_sessions as (

    select
        sessions.customer_id,
        sessions.broadcast_date,
        count(*) as session_count,
        count(case when sessions.search_count > 0 and sessions.play_event_count = 0 then 1 end)
            as search_without_play_count
    from sessions
    {{ of_touched_days('sessions') }}
    where sessions.known_to_date is null and sessions.customer_id is not null
    group by sessions.customer_id, sessions.broadcast_date

),

day_plays as (

    select
        plays.customer_id,
        plays.broadcast_date,
        count(*) as play_count,
        count(distinct plays.title_id) as title_count,
        cast(sum(plays.watched_ms) as bigint) as watched_ms,
        cast(sum(plays.rebuffer_count) as bigint) as rebuffer_count,
        cast(sum(plays.rebuffer_ms) as bigint) as rebuffer_ms,
        cast(sum(plays.error_count) as bigint) as error_count,
        count(case when plays.is_video_start_failure then 1 end) as video_start_failure_count
    from plays
    {{ of_touched_days('plays') }}
    where plays.known_to_date is null and plays.customer_id is not null
    group by plays.customer_id, plays.broadcast_date

)

select
    days.customer_id,
    days.device_count,
    days.event_count,
    day_sessions.session_count,
    days.browse_count,
    days.search_count,
    day_sessions.search_without_play_count,
    days.impression_count,
    days.click_count,
    coalesce(day_plays.play_count, 0) as play_count,
    coalesce(day_plays.title_count, 0) as title_count,
    coalesce(day_plays.watched_ms, 0) as watched_ms,
    coalesce(day_plays.rebuffer_count, 0) as rebuffer_count,
    coalesce(day_plays.rebuffer_ms, 0) as rebuffer_ms,
    coalesce(day_plays.error_count, 0) as error_count,
    coalesce(day_plays.video_start_failure_count, 0) as video_start_failure_count,
    days.broadcast_date,
    days.first_active_at,
    days.last_active_at,
    days.load_id
from days
inner join day_sessions
    on
        days.customer_id = day_sessions.customer_id
        and days.broadcast_date = day_sessions.broadcast_date
left join day_plays
    on
        days.customer_id = day_plays.customer_id
        and days.broadcast_date = day_plays.broadcast_date
