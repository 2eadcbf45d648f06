-- A view: progress depends on the running time, which the catalogue may correct at any time.

{{ config(materialized='view') }}

with

versions as (

    select * from {{ ref('int_play_versions') }}

),

titles as (

    select * from {{ ref('dim_titles') }}

),

running_times as (

    select
        title_id,
        runtime_ms,
        {{ completed_from_ms('runtime_ms') }} as completed_from_ms
    from titles

)

select
    versions.visitor_id,
    versions.device_id,
    versions.customer_id,
    versions.title_id,
    versions.profile_id,
    versions.device_class,
    versions.error_code,
    versions.play_number,
    versions.lowest_position_ms,
    versions.highest_position_ms,
    running_times.runtime_ms,
    versions.watched_ms,
    case
        when versions.highest_position_ms > running_times.runtime_ms then cast(1 as decimal(18, 4))
        else {{ exact_rate('versions.highest_position_ms', 'running_times.runtime_ms') }}
    end as progress_rate,
    versions.startup_time_ms,
    versions.rebuffer_count,
    versions.rebuffer_ms,
    {{ exact_rate('versions.rebuffer_ms', 'versions.rebuffer_ms + versions.watched_ms') }} as rebuffering_rate,
    versions.highest_bitrate_kbps,
    versions.pause_count,
    versions.seek_count,
    versions.quality_change_count,
    versions.ad_count,
    versions.error_count,
    coalesce(versions.highest_position_ms >= running_times.completed_from_ms, false) as is_watched_to_end,
    versions.is_video_start_failure,
    versions.is_exit_before_video_start,
    versions.broadcast_date,
    versions.started_at,
    versions.ended_at,
    versions.load_id
from versions
left join running_times
    on versions.title_id = running_times.title_id
where versions.known_to_date is null
