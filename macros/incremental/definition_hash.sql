{#- What a stored table of an incremental model rests on: its SQL and that of all models and seeds
    before it, the vars, and what the macros that define a day or a ratio expand to. -#}
{% macro definition_hash(node) -%}
    {%- set ancestors = [node.unique_id] -%}
    {%- for unique_id in ancestors -%}
        {#- A list that grows while it is walked: Jinja follows it. -#}
        {%- for parent in graph.nodes[unique_id].depends_on.nodes if parent in graph.nodes and parent not in ancestors -%}
            {%- do ancestors.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for unique_id in ancestors | sort -%}
        {%- do parts.append(unique_id ~ ' ' ~ graph.nodes[unique_id].checksum.checksum) -%}
    {%- endfor -%}
    {%- for name in ['broadcast_day_start_hour', 'session_gap_minutes', 'heartbeat_interval_ms'] -%}
        {%- do parts.append(name ~ ' ' ~ var(name)) -%}
    {%- endfor -%}
    {%- do parts.append(broadcast_date('x') ~ exact_rate('a', 'b')) -%}
    {{- return(local_md5(parts | join('\n'))) -}}
{%- endmacro %}
