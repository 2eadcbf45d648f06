-- A play is the sum of its segments. One row for each state in which the day was known; fct_plays
-- shows the newest. What depends on the catalogue (running time, progress) is not stored here,
-- because the catalogue changes without any event.

{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=['visitor_id', 'device_id', 'broadcast_date', 'known_from_date', 'play_number'],
    on_schema_change='fail'
) }}

with

segments as (

    select * from {{ ref('int_play_segments') }}

),

{{ touched() }}

measured as (

    select
        segments.visitor_id,
        segments.device_id,
        min(segments.customer_id) as customer_id,
        min(segments.title_id) as title_id,
        min(segments.profile_id) as profile_id,
        min(segments.device_class) as device_class,
        max(segments.error_code) as error_code,
        segments.play_number,
        min(segments.lowest_position_ms) as lowest_position_ms,
        max(segments.highest_position_ms) as highest_position_ms,
        cast(sum(segments.added_ms) as bigint) as watched_ms,
        nullif(
            min_by(
                coalesce(segments.startup_time_ms, -1), segments.play_part * 1000000 + segments.segment_number
            ),
            -1
        ) as startup_time_ms,
        cast(sum(segments.rebuffer_ms) as bigint) as rebuffer_ms,
        max(segments.highest_bitrate_kbps) as highest_bitrate_kbps,
        {% for measure in ['pause', 'seek', 'rebuffer', 'quality_change', 'ad', 'error'] %}
            cast(sum(segments.{{ measure }}_count) as bigint) as {{ measure }}_count,
        {% endfor %}
        segments.broadcast_date,
        segments.known_from_date,
        segments.known_to_date,
        min(segments.started_at) as started_at,
        max(segments.ended_at) as ended_at,
        max(segments.load_id) as load_id
    from segments
    {{ of_touched_days('segments') }}
    group by
        segments.visitor_id,
        segments.device_id,
        segments.play_number,
        segments.broadcast_date,
        segments.known_from_date,
        segments.known_to_date

)

select
    visitor_id,
    device_id,
    customer_id,
    title_id,
    profile_id,
    device_class,
    error_code,
    play_number,
    lowest_position_ms,
    highest_position_ms,
    watched_ms,
    startup_time_ms,
    rebuffer_ms,
    highest_bitrate_kbps,
    pause_count,
    seek_count,
    rebuffer_count,
    quality_change_count,
    ad_count,
    error_count,
    watched_ms = 0 and error_count > 0 as is_video_start_failure,
    watched_ms = 0 and error_count = 0 and startup_time_ms is null as is_exit_before_video_start,
    broadcast_date,
    known_from_date,
    known_to_date,
    started_at,
    ended_at,
    load_id
from measured
