-- What was known of a visitor's day on a device, from which snapshot day on. Events that come late
-- make a new version; so a snapshot sees what had been received before it, and facts see the newest.
-- Bots are no visitors.

{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=['visitor_id', 'device_id', 'broadcast_date', 'known_from_date'],
    on_schema_change='fail'
) }}

{% set counted = ['browse', 'search', 'impression', 'click'] %}
{% set so_far = '
        over (
            partition by visitor_id, device_id, broadcast_date
            order by received_date rows between unbounded preceding and current row
        )' %}

with

events as (

    select * from {{ ref('fct_events') }}

),

{{ touched() }}

receipts as (

    select
        events.visitor_id,
        events.device_id,
        events.broadcast_date,
        events.received_date,
        min(events.customer_id) as customer_id,
        min(events.device_class) as device_class,
        count(*) as event_count,
        {% for event_type in counted %}
            count(case when events.event_type = '{{ event_type }}' then 1 end) as {{ event_type }}_count,
        {% endfor %}
        min(events.event_at) as first_active_at,
        max(events.event_at) as last_active_at,
        max(events.load_id) as load_id
    from events
    {{ of_touched_days('events') }}
    -- Who has neither name nor device can't be told from others: such events are no visit.
    where not events.is_bot and events.visitor_id <> 'device:'
    group by events.visitor_id, events.device_id, events.broadcast_date, events.received_date

)

select
    visitor_id,
    device_id,
    customer_id,
    min(device_class) {{ so_far }} as device_class,
    {% for measure in ['event'] + counted %}
        cast(sum({{ measure }}_count) {{ so_far }} as bigint) as {{ measure }}_count,
    {% endfor %}
    broadcast_date,
    cast({{ dbt.dateadd('day', 1, 'received_date') }} as date) as known_from_date,
    cast({{ dbt.dateadd('day', 1, 'lead(received_date) over (
        partition by visitor_id, device_id, broadcast_date order by received_date
    )') }} as date) as known_to_date,
    min(first_active_at) {{ so_far }} as first_active_at,
    max(last_active_at) {{ so_far }} as last_active_at,
    max(load_id) {{ so_far }} as load_id
from receipts
