-- Plays as they were known on the snapshot day, with the running times of the newest catalogue before it.

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}

),

plays as (

    select * from {{ ref('int_play_versions') }}

),

titles as (

    select * from {{ ref('dim_title_versions') }}

),

title_states as (

    select
        windows.as_of_date,
        titles.title_id,
        titles.runtime_ms,
        row_number() over (
            partition by windows.as_of_date, titles.title_id
            order by titles.valid_from_date desc
        ) as state_rank
    from titles
    inner join windows
        on titles.valid_from_date < windows.as_of_date

),

runtimes as (

    select
        as_of_date,
        title_id,
        {{ completed_from_ms('runtime_ms') }} as completed_from_ms
    from title_states
    where state_rank = 1

),

known_plays as (

    select
        plays.customer_id,
        plays.title_id,
        windows.as_of_date,
        plays.watched_ms,
        plays.broadcast_date >= windows.from_7d_date as is_in_7d,
        plays.broadcast_date >= windows.from_30d_date as is_in_30d,
        runtimes.completed_from_ms is not null as has_runtime,
        coalesce(plays.highest_position_ms >= runtimes.completed_from_ms, false) as is_completed
    from plays
    inner join windows
        on {{ known_in_windows('plays') }}
    left join runtimes
        on
            windows.as_of_date = runtimes.as_of_date
            and plays.title_id = runtimes.title_id
    where plays.customer_id is not null

)

select
    customer_id,
    title_id,
    as_of_date,
    count(case when is_in_7d then 1 end) as play_count_7d,
    count(case when is_in_30d then 1 end) as play_count_30d,
    count(*) as play_count_90d,
    count(case when is_in_30d and has_runtime then 1 end) as timed_play_count_30d,
    count(case when has_runtime then 1 end) as timed_play_count_90d,
    count(case when is_in_30d and is_completed then 1 end) as completed_play_count_30d,
    count(case when is_completed then 1 end) as completed_play_count_90d,
    cast(coalesce(sum(case when is_in_7d then watched_ms end), 0) as bigint) as watched_ms_7d,
    cast(coalesce(sum(case when is_in_30d then watched_ms end), 0) as bigint) as watched_ms_30d,
    cast(sum(watched_ms) as bigint) as watched_ms_90d
from known_plays
group by customer_id, title_id, as_of_date
