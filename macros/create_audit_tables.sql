{#- Where runs record what they did: the commands themselves, how each of their nodes ended, what each
    relation was made of, and up to which load each incremental model has processed the lake. -#}
{% macro create_audit_tables() -%}
    {%- if is_writing() -%}
        {%- do run_query('create schema if not exists audit') -%}
        {%- do run_query(
            'create table if not exists audit.build_events ('
            ~ 'invocation_id varchar, event_name varchar, command varchar, '
            ~ 'public_relations varchar, node_count integer, failure_count integer, '
            ~ 'warning_count integer, load_id bigint, lake_byte_count bigint, '
            ~ 'is_whole_graph boolean, occurred_at timestamp(6))'
        ) -%}
        {%- do run_query(
            'create table if not exists audit.run_nodes ('
            ~ 'invocation_id varchar, node_id varchar, relation_name varchar, node_type varchar, '
            ~ 'node_status varchar, built_row_count bigint, failing_row_count bigint, execution_ms bigint, '
            ~ 'started_at timestamp(6), node_finished_at timestamp(6))'
        ) -%}
        {%- do run_query(
            'create table if not exists audit.relation_definitions ('
            ~ 'invocation_id varchar, node_id varchar, relation_name varchar, relation_kind varchar, '
            ~ 'sql_name varchar, column_names varchar, parent_node_ids varchar, compiled_sql varchar, '
            ~ 'is_python boolean)'
        ) -%}
        {%- do run_query(
            'create table if not exists audit.model_loads ('
            ~ 'model_name varchar, definition_hash varchar, load_id bigint, lake_proof varchar, '
            ~ 'invocation_id varchar, recorded_at timestamp(6))'
        ) -%}
    {%- endif -%}
{%- endmacro %}
