-- What a visitor did with a title on a day, additive: to see it as it was known at a snapshot day, sum
-- the rows with known_from_date <= as_of_date and known_to_date null or later. Clicks and impressions
-- add up as they come in; plays are replaced by what was known next.

{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=['visitor_id', 'title_id', 'device_id', 'broadcast_date', 'known_from_date', 'origin'],
    on_schema_change='fail'
) }}

with

events as (

    select * from {{ ref('fct_events') }}

),

plays as (

    select * from {{ ref('int_play_versions') }}

),

{{ touched() }}

measures as (

    select
        events.visitor_id,
        events.device_id,
        events.customer_id,
        events.title_id,
        'page' as origin,
        case when events.event_type = 'impression' then 1 else 0 end as impression_count,
        case when events.event_type = 'click' then 1 else 0 end as click_count,
        0 as play_count,
        0 as watched_ms,
        events.broadcast_date,
        cast({{ dbt.dateadd('day', 1, 'events.received_date') }} as date) as known_from_date,
        cast(null as date) as known_to_date,
        events.event_at as first_active_at,
        events.event_at as last_active_at,
        events.load_id
    from events
    {{ of_touched_days('events') }}
    -- Not `in`: then DuckDB would read the events of all days, and not only of the touched ones.
    where
        case events.event_type when 'impression' then 1 when 'click' then 1 else 0 end = 1
        and events.title_id is not null
        and not events.is_bot
    union all
    select
        plays.visitor_id,
        plays.device_id,
        plays.customer_id,
        plays.title_id,
        'player' as origin,
        0 as impression_count,
        0 as click_count,
        1 as play_count,
        plays.watched_ms,
        plays.broadcast_date,
        plays.known_from_date,
        plays.known_to_date,
        plays.started_at as first_active_at,
        plays.ended_at as last_active_at,
        plays.load_id
    from plays
    {{ of_touched_days('plays') }}

)

select
    visitor_id,
    device_id,
    min(customer_id) as customer_id,
    title_id,
    origin,
    cast(sum(impression_count) as bigint) as impression_count,
    cast(sum(click_count) as bigint) as click_count,
    cast(sum(play_count) as bigint) as play_count,
    cast(sum(watched_ms) as bigint) as watched_ms,
    broadcast_date,
    known_from_date,
    max(known_to_date) as known_to_date,
    min(first_active_at) as first_active_at,
    max(last_active_at) as last_active_at,
    max(load_id) as load_id
from measures
group by visitor_id, device_id, title_id, origin, broadcast_date, known_from_date
