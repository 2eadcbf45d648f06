-- Seen is what the facts say, not what the feature makes of them. Songs are played again and again.

with

events as (

    select * from {{ ref('fct_events') }}

),

ratings as (

    select * from {{ ref('fct_ratings') }}

),

tags as (

    select * from {{ ref('fct_tags') }}

),

snapshot_dates as (

    select as_of_date
    from {{ ref('int_snapshot_dates') }}
    where is_latest

),

titles as (

    select * from {{ ref('feat_titles') }}

),

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

seen as (

    select
        events.customer_id,
        events.title_id
    from events
    inner join snapshot_dates
        on events.received_date < snapshot_dates.as_of_date
    where events.event_type in ('click', 'play', 'watch') and not events.is_bot
    union distinct
    select
        ratings.customer_id,
        ratings.title_id
    from ratings
    inner join snapshot_dates
        on ratings.received_at < cast(snapshot_dates.as_of_date as timestamp(6))
    union distinct
    select
        tags.customer_id,
        tags.title_id
    from tags
    inner join snapshot_dates
        on tags.received_at < cast(snapshot_dates.as_of_date as timestamp(6))

)

select
    recommendations.customer_id,
    recommendations.title_id
from recommendations
inner join seen
    on
        recommendations.customer_id = seen.customer_id
        and recommendations.title_id = seen.title_id
left join titles
    on recommendations.title_id = titles.title_id
where coalesce(titles.title_type, 'unknown') <> 'track'
