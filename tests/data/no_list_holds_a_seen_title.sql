-- Seen is what the facts say, not what the feature makes of them; being shown a title in a list, or
-- whatever else has no weight, is not seeing it.

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

    select * from {{ ref('int_snapshot_dates') }}

),

weights as (

    select * from {{ ref('interaction_weights') }}

),

recommendations as (

    select * from {{ ref('customer_recommendations') }}

),

latest as (

    select cast(as_of_date as timestamp(6)) as began_at
    from snapshot_dates
    where is_latest

),

seen as (

    select
        events.customer_id,
        events.title_id
    from events
    inner join latest
        on events.received_at < latest.began_at
    inner join weights
        on events.event_type = weights.interaction_type
    union distinct
    select
        ratings.customer_id,
        ratings.title_id
    from ratings
    inner join latest
        on ratings.rated_at < latest.began_at
    union distinct
    select
        tags.customer_id,
        tags.title_id
    from tags
    inner join latest
        on tags.tagged_at < latest.began_at

)

select
    recommendations.customer_id,
    recommendations.title_id
from recommendations
inner join seen
    on
        recommendations.customer_id = seen.customer_id
        and recommendations.title_id = seen.title_id
