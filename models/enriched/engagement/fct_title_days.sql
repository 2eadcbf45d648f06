with

title_days as (

    select * from {{ ref('int_customer_title_days') }}

),

plays as (

    select * from {{ ref('fct_plays') }}

),

-- By visitor first: half the time of counting distinct ones.
visitor_days as (

    select
        title_id,
        visitor_id,
        min(customer_id) as customer_id,
        broadcast_date,
        sum(impression_count) as impression_count,
        sum(click_count) as click_count
    from title_days
    where known_to_date is null
    group by title_id, visitor_id, broadcast_date

),

days as (

    select
        title_id,
        broadcast_date,
        count(customer_id) as active_customer_count,
        count(*) as active_visitor_count,
        cast(sum(impression_count) as bigint) as impression_count,
        cast(sum(click_count) as bigint) as click_count
    from visitor_days
    group by title_id, broadcast_date

),

day_plays as (

    select
        title_id,
        broadcast_date,
        count(*) as play_count,
        cast(sum(watched_ms) as bigint) as watched_ms,
        count(case when is_watched_to_end then 1 end) as completed_play_count,
        cast(sum(rebuffer_count) as bigint) as rebuffer_count,
        cast(sum(rebuffer_ms) as bigint) as rebuffer_ms,
        count(case when is_video_start_failure then 1 end) as video_start_failure_count
    from plays
    group by title_id, broadcast_date

)

select
    days.title_id,
    days.active_customer_count,
    days.active_visitor_count,
    days.impression_count,
    days.click_count,
    coalesce(day_plays.play_count, 0) as play_count,
    coalesce(day_plays.completed_play_count, 0) as completed_play_count,
    coalesce(day_plays.watched_ms, 0) as watched_ms,
    coalesce(day_plays.rebuffer_count, 0) as rebuffer_count,
    coalesce(day_plays.rebuffer_ms, 0) as rebuffer_ms,
    coalesce(day_plays.video_start_failure_count, 0) as video_start_failure_count,
    days.broadcast_date
from days
left join day_plays
    on
        days.title_id = day_plays.title_id
        and days.broadcast_date = day_plays.broadcast_date
