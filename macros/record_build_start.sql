{#- A build that is killed leaves its start without an end, and publishing refuses it. -#}
{% macro record_build_start() -%}
    {%- if is_writing() -%}
        {%- do run_query('create schema if not exists audit') -%}
        {%- do run_query(
            'create table if not exists audit.build_events ('
            ~ 'invocation_id varchar, event_name varchar, command varchar, '
            ~ 'public_relations varchar, node_count integer, failure_count integer, '
            ~ 'warning_count integer, load_id bigint, lake_byte_count bigint, '
            ~ 'is_whole_graph boolean, occurred_at timestamp(6))'
        ) -%}
        {{- build_event('started') -}}
    {%- endif -%}
{%- endmacro %}
