{#- The (visitor, broadcast day) pairs whose events a load after `load_id` has changed: it brought an
    event of that day, or another delivery of an event that counted there. -#}
{% macro touched_days(load_id) -%}
    select
        visitor_id,
        broadcast_date
    from {{ ref('fct_events') }}
    where load_id > {{ load_id }}
    union distinct
    select
        visitor_id,
        broadcast_date
    from {{ ref('int_event_resolutions') }}
    where event_load_id > {{ load_id }}
{%- endmacro %}
