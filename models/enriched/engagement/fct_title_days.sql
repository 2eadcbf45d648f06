-- Only dates that new loads touch, or at which a title was judged by another running time than the
-- catalogue gives now, are computed anew.

{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    unique_key=['title_id', 'broadcast_date'],
    on_schema_change='fail'
) }}

{% do refer_to_touched_days() %}
{% if is_incremental() %}
    {% set dates %}
        select touched.broadcast_date
        from ({{ touched_days(processed_load_id()) }}) as touched
        union distinct
        select standing.broadcast_date
        from {{ this }} as standing
        left join {{ ref('dim_titles') }} as titles
            on standing.title_id = titles.title_id
        where coalesce(standing.runtime_ms, -1) <> coalesce(titles.runtime_ms, -1)
    {% endset %}
    {% set on_touched_dates = on_dates_of('broadcast_date', dates) %}
{% endif %}

with

titles as (

    select * from {{ ref('dim_titles') }}

),

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
    where
        known_to_date is null
        {% if is_incremental() %}
            and {{ on_touched_dates }}
        {% endif %}
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
    {% if is_incremental() %}
        where {{ on_touched_dates }}
    {% endif %}
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
    titles.runtime_ms,
    days.broadcast_date
from days
left join day_plays
    on
        days.title_id = day_plays.title_id
        and days.broadcast_date = day_plays.broadcast_date
left join titles
    on days.title_id = titles.title_id
