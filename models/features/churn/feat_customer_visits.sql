-- How often customers came and what they looked for, sessions and days as they were known on the snapshot day.

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}

),

sessions as (

    select * from {{ ref('int_session_versions') }}

),

device_days as (

    select * from {{ ref('int_device_day_versions') }}

),

known_sessions as (

    select
        sessions.customer_id,
        windows.as_of_date,
        sessions.broadcast_date >= windows.from_7d_date as is_in_7d,
        sessions.broadcast_date >= windows.from_30d_date as is_in_30d,
        sessions.search_count > 0 as has_search,
        sessions.play_event_count > 0 as has_play
    from sessions
    inner join windows
        on {{ known_in_windows('sessions') }}
    where sessions.customer_id is not null

),

session_counts as (

    select
        customer_id,
        as_of_date,
        count(case when is_in_7d then 1 end) as session_count_7d,
        count(case when is_in_30d then 1 end) as session_count_30d,
        count(*) as session_count_90d,
        count(case when is_in_30d and not has_play then 1 end) as session_without_play_count_30d,
        count(case when is_in_30d and has_search and not has_play then 1 end) as search_without_play_count_30d,
        count(case when has_search and not has_play then 1 end) as search_without_play_count_90d,
        count(case when has_search then 1 end) as search_session_count_90d
    from known_sessions
    group by customer_id, as_of_date

),

known_days as (

    select
        device_days.customer_id,
        device_days.device_id,
        windows.as_of_date,
        case when device_days.broadcast_date >= windows.from_7d_date then device_days.broadcast_date end
            as active_date_7d,
        case when device_days.broadcast_date >= windows.from_30d_date then device_days.broadcast_date end
            as active_date_30d,
        device_days.broadcast_date
    from device_days
    inner join windows
        on {{ known_in_windows('device_days') }}
    where device_days.customer_id is not null

),

day_counts as (

    select
        customer_id,
        as_of_date,
        count(distinct device_id) as device_count_90d,
        count(distinct active_date_7d) as active_day_count_7d,
        count(distinct active_date_30d) as active_day_count_30d,
        count(distinct broadcast_date) as active_day_count_90d,
        max(broadcast_date) as last_active_date
    from known_days
    group by customer_id, as_of_date

)

select
    day_counts.customer_id,
    day_counts.as_of_date,
    day_counts.device_count_90d,
    day_counts.active_day_count_7d,
    day_counts.active_day_count_30d,
    day_counts.active_day_count_90d,
    session_counts.session_count_7d,
    session_counts.session_count_30d,
    session_counts.session_count_90d,
    session_counts.session_without_play_count_30d,
    session_counts.search_without_play_count_30d,
    {{ exact_rate('session_counts.search_without_play_count_90d', 'session_counts.search_session_count_90d', 8) }}
        as search_without_play_rate_90d,
    date_diff('day', day_counts.last_active_date, day_counts.as_of_date) as days_since_last_visit
from day_counts
inner join session_counts
    on
        day_counts.customer_id = session_counts.customer_id
        and day_counts.as_of_date = session_counts.as_of_date
