-- A play is one title on one device, from `play` to stop, next title, end of the session or two
-- heartbeat intervals of silence; a segment is a stretch of it that ran without a jump in the title.
-- Silence of two heartbeats is shorter than the one that ends a session, so sessions need no look here.
-- Time counts from one event to the next, never more than the clock says and never more than the
-- position moved; not while paused, stalled or in an ad, and not before a `play`.
-- Of one instant, what ends a title comes before what begins the next: `stop` first, `play` late.
-- One row for each state in which the day was known.

{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=[
        'visitor_id', 'device_id', 'broadcast_date', 'known_from_date', 'play_number', 'play_part', 'segment_number'
    ],
    on_schema_change='fail'
) }}

{% set playback = [
    'stop', 'heartbeat', 'buffer', 'quality_change', 'seek', 'ad_start', 'ad_end', 'pause', 'play', 'error', 'watch'
] %}
{% set beside_playback = ['browse', 'search', 'impression', 'click'] %}
{% set counted = [
    ('pause', 'pause'), ('seek', 'seek'), ('buffer', 'rebuffer'), ('quality_change', 'quality_change'),
    ('ad_start', 'ad'), ('error', 'error')
] %}
{% set in_order = 'partition by device_day_number order by event_at, type_order, title_id, position_ms, duration_ms,'
    ~ ' watched_ms, profile_id, device_class, error_code, bitrate_kbps' %}
{% set so_far = in_order ~ ' rows between unbounded preceding and current row' %}

with

events as (

    select * from {{ ref('fct_events') }}

),

versions as (

    select * from {{ ref('int_device_day_versions') }}

),

{{ touched() }}

{{ known_events(
    [
        'title_id', 'profile_id', 'device_class', 'error_code', 'position_ms', 'duration_ms', 'bitrate_kbps', 'watched_ms',
        'event_type', 'event_at', 'load_id'
    ],
    "events.title_id is not null and events.event_type not in ('" ~ beside_playback | join("', '") ~ "')"
) }},

playback as (

    select
        *,
        case event_type
            {% for event_type in playback %}
                when '{{ event_type }}' then {{ loop.index }}
            {% endfor %}
        end as type_order
    from known_events

),

paired as (

    select
        *,
        lag(title_id) over ({{ in_order }}) as previous_title_id,
        lag(event_type) over ({{ in_order }}) as previous_type,
        lag(position_ms) over ({{ in_order }}) as previous_position_ms,
        {{ elapsed_ms('lag(event_at) over (' ~ in_order ~ ')', 'event_at') }} as elapsed_ms
    from playback

),

judged as (

    select
        *,
        case
            when
                title_id = previous_title_id
                and previous_type not in ('stop', 'watch')
                and event_type <> 'watch'
                and elapsed_ms <= {{ 2 * (var('heartbeat_interval_ms') | int) }}
                then 0
            else 1
        end as is_first,
        case
            when event_type = 'play' or previous_type in ('pause', 'ad_start', 'error', 'stop') then 0
            when event_type = 'seek' and previous_type = 'seek' then 0
            when event_type = 'buffer' then greatest(elapsed_ms - coalesce(duration_ms, 0), 0)
            else elapsed_ms
        end as running_ms
    from paired

),

measured as (

    select
        *,
        case
            when is_first = 1 then 0
            -- A service that tells no positions: the clock is all there is.
            when position_ms is null and previous_position_ms is null then running_ms
            when position_ms is null or previous_position_ms is null then 0
            when event_type = 'seek' then running_ms
            else greatest(least(running_ms, position_ms - previous_position_ms), 0)
        end as played_ms
    from judged

),

placed as (

    select
        *,
        case when event_type in ('play', 'watch') then 1 else 0 end as is_start,
        case when position_ms is null then played_ms else 0 end + coalesce(watched_ms, 0) as unplaced_ms,
        case
            when is_first = 0 and event_type <> 'play' and position_ms <> previous_position_ms + played_ms then 1
            else 0
        end as is_jump
    from measured

),

numbered as (

    select
        *,
        cast(sum(is_first) over ({{ so_far }}) as bigint) as play_number,
        cast(sum(is_start) over ({{ so_far }}) as bigint) as play_part,
        -- A jump ends a segment with the row itself: the next row begins the next one.
        cast(sum(is_jump) over ({{ so_far }}) as bigint) - is_jump as segment_number
    from placed

),

segments as (

    select
        device_day_number,
        play_number,
        play_part,
        segment_number,
        min(title_id) as title_id,
        min(profile_id) as profile_id,
        min(device_class) as device_class,
        max(error_code) as error_code,
        min(case when played_ms > 0 then previous_position_ms end) as from_position_ms,
        max(case when played_ms > 0 then previous_position_ms + played_ms end) as to_position_ms,
        min(position_ms) as lowest_position_ms,
        max(position_ms) as highest_position_ms,
        cast(sum(unplaced_ms) as bigint) as unplaced_ms,
        max(case when event_type = 'play' then duration_ms end) as startup_time_ms,
        cast(coalesce(sum(case when event_type = 'buffer' then duration_ms end), 0) as bigint) as rebuffer_ms,
        max(bitrate_kbps) as highest_bitrate_kbps,
        sum(is_start) as start_count,
        {% for event_type, measure in counted %}
            count(case when event_type = '{{ event_type }}' then 1 end) as {{ measure }}_count,
        {% endfor %}
        min(event_at) as started_at,
        max(event_at) as ended_at,
        max(load_id) as load_id
    from numbered
    group by device_day_number, play_number, play_part, segment_number

),

-- What comes before the `play` of its title, because that was lost or is still to come, is no play.
judged_parts as (

    select
        *,
        max(start_count) over (partition by device_day_number, play_number, play_part) as part_start_count
    from segments

),

opened as (

    select
        *,
        max(to_position_ms) over (
            partition by device_day_number, play_number
            order by from_position_ms, to_position_ms, play_part, segment_number
            rows between unbounded preceding and 1 preceding
        ) as covered_to_position_ms
    from judged_parts
    where part_start_count > 0

)

select
    device_days.visitor_id,
    device_days.device_id,
    device_days.customer_id,
    opened.title_id,
    opened.profile_id,
    opened.device_class,
    opened.error_code,
    opened.play_number,
    opened.play_part,
    opened.segment_number,
    opened.from_position_ms,
    opened.to_position_ms,
    opened.lowest_position_ms,
    opened.highest_position_ms,
    coalesce(greatest(
        opened.to_position_ms
        - greatest(opened.from_position_ms, coalesce(opened.covered_to_position_ms, opened.from_position_ms)),
        0
    ), 0) + opened.unplaced_ms as added_ms,
    opened.startup_time_ms,
    opened.rebuffer_ms,
    opened.highest_bitrate_kbps,
    {% for event_type, measure in counted %}
        opened.{{ measure }}_count,
    {% endfor %}
    device_days.broadcast_date,
    device_days.known_from_date,
    device_days.known_to_date,
    opened.started_at,
    opened.ended_at,
    opened.load_id
from opened
inner join device_days
    on opened.device_day_number = device_days.device_day_number
