-- Collectors deliver at least once. Of several deliveries of one event the earliest received wins,
-- then the one with the smallest payload hash: never the order of loading, which differs between two
-- lakes. Few events come twice, so only their deliveries stand here; all of an event are replaced
-- together.
--
-- Other deliveries of a new one are not looked for in the lake: whatever came before stands in the
-- events as the last run left them, or, if it lost, here. (10 million ids: 1.9 CPU-s less.)

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='event_id',
    on_schema_change='fail'
) }}

{% set payload = [
    'customer_id', 'profile_id', 'device_id', 'title_id', 'event_type', 'search_text', 'error_code',
    'app_version', 'device_class', 'device_system', 'app_class', 'network_prefix', 'place_country_code',
    'place_region_name', 'place_city_name', 'place_time_zone', 'place_status', 'position_ms', 'duration_ms',
    'bitrate_kbps', 'watched_ms'
] %}
{% set texts = [exact_timestamp_text('events.event_at')] %}
{% for column in payload %}
    {# With its length, so that no two payloads have one text. #}
    {% do texts.append(
        "coalesce(cast(length(cast(events." ~ column ~ " as varchar)) as varchar) || ':' || cast(events." ~ column
        ~ " as varchar), '-')"
    ) %}
{% endfor %}
{% set delivery %}
        events.event_id,
        events.visitor_id,
        {{ dbt.hash(texts | join(" || '|' || ")) }} as payload_hash,
        events.broadcast_date,
        events.received_at,
        events.load_id,
        events.row_number
{%- endset %}
{% set earlier = earlier_events() %}

with

events as (

    select * from {{ ref('stg_events__events') }}

),

{% if is_incremental() %}
    fresh as (

        select
            event_id,
            count(*) as delivery_count
        from {{ ref('stg_events__events') }}
        where load_id > {{ earlier.load_id }}
        group by event_id
        having max(load_id) > {{ processed_load_id() }}

    ),

    -- A delivery may be known from two sides, and then both tell the same of it.
    earlier_deliveries as (

        {% if earlier.relation %}
            select {{ delivery }}
            from {{ earlier.relation }} as events
            inner join fresh
                on events.event_id = fresh.event_id
            where events.load_id <= {{ earlier.load_id }}
            union distinct
        {% endif %}
        select
            judged.event_id,
            judged.visitor_id,
            judged.payload_hash,
            judged.broadcast_date,
            judged.received_at,
            judged.load_id,
            judged.row_number
        from {{ this }} as judged
        inner join fresh
            on judged.event_id = fresh.event_id

    ),

    repeated as (

        select event_id
        from fresh
        where delivery_count > 1
        union distinct
        select event_id
        from earlier_deliveries

    ),

    deliveries as (

        select {{ delivery }}
        from events
        inner join repeated
            on events.event_id = repeated.event_id
        where events.load_id > {{ earlier.load_id }}
        union distinct
        select * from earlier_deliveries

    ),

{% else %}
    -- Not by the CTE above: DuckDB would hold all columns of what is named twice in memory.
    repeated as (

        select event_id
        from {{ ref('stg_events__events') }}
        group by event_id
        having count(*) > 1

    ),

    deliveries as (

        select {{ delivery }}
        from events
        inner join repeated
            on events.event_id = repeated.event_id

    ),

{% endif %}
ranked as (

    select
        *,
        count(*) over (partition by event_id) as delivery_count,
        max(load_id) over (partition by event_id) as event_load_id,
        row_number() over (
            partition by event_id
            order by received_at asc, payload_hash asc, load_id asc, row_number asc
        ) as delivery_rank,
        first_value(payload_hash) over (
            partition by event_id
            order by received_at asc, payload_hash asc, load_id asc, row_number asc
        ) as kept_payload_hash
    from deliveries

)

select
    event_id,
    visitor_id,
    payload_hash,
    case
        when delivery_rank = 1 then 'kept'
        when payload_hash = kept_payload_hash then 'exact_duplicate'
        else 'superseded'
    end as resolution,
    broadcast_date,
    received_at,
    event_load_id,
    load_id,
    row_number
from ranked
where delivery_count > 1
