-- Collectors deliver at least once. Of several deliveries of one event the earliest received wins,
-- then the smallest payload: never the order of loading, which differs between two lakes.

with

events as (

    select * from {{ ref('stg_events__events') }}

),

deliveries as (

    select
        *,
        row_number() over (
            partition by event_id
            order by
                received_at asc,
                event_at asc,
                customer_id asc,
                title_id asc,
                event_type asc,
                coalesce(device_class, '') asc,
                coalesce(watched_ms, -1) asc,
                load_id asc,
                row_number asc
        ) as delivery_rank
    from events

)

select
    event_id,
    customer_id,
    title_id,
    event_type,
    device_class,
    watched_ms,
    event_at,
    received_at,
    load_id
from deliveries
where delivery_rank = 1
