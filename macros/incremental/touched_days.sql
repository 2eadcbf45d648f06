{#- The (visitor, broadcast day) pairs whose events a load after `load_id` has changed: it brought an
    event of that day, or another delivery of an event that counted there.

    The table int_touched_days holds them where this run has made it (a quarter of the time of a new day);
    otherwise they are looked for. -#}
{% macro touched_days(load_id) -%}
    {%- if 'model.marquee.int_touched_days' in selected_resources -%}
        select
            visitor_id,
            broadcast_date
        from {{ ref('int_touched_days') }}
        where load_id > {{ load_id }}
    {%- else -%}
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
    {%- endif -%}
{%- endmacro %}
