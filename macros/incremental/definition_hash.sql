{#- What a stored table of an incremental model rests on: its SQL and that of all models and seeds
    before it, the vars, and what macros expand to or hash to: dbt tells no macro the text of another one. -#}
{% macro definition_hash(node) -%}
    {%- set parts = [] -%}
    {%- for unique_id in ancestors(node) | sort -%}
        {%- do parts.append(unique_id ~ ' ' ~ graph.nodes[unique_id].checksum.checksum) -%}
    {%- endfor -%}
    {%- for name in [
        'broadcast_day_start_hour', 'session_gap_minutes', 'heartbeat_interval_ms', 'completed_from_progress',
        'incremental_macros'
    ] -%}
        {%- do parts.append(name ~ ' ' ~ var(name)) -%}
    {%- endfor -%}
    {%- do parts.append(broadcast_date('x') ~ exact_rate('a', 'b') ~ elapsed_ms('a', 'b') ~ exact_timestamp_text('x')) -%}
    {{- return(local_md5(parts | join('\n'))) -}}
{%- endmacro %}
