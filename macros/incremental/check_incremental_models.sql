{#- Before anything runs: no stored table may rest on definitions, or on a lake, that are no more. -#}
{% macro check_incremental_models() -%}
    {%- if is_writing() -%}
        {%- do run_query('create schema if not exists audit') -%}
        {%- do run_query(
            'create table if not exists audit.model_loads ('
            ~ 'model_name varchar, definition_hash varchar, load_id bigint, lake_byte_count bigint, '
            ~ 'invocation_id varchar, recorded_at timestamp(6))'
        ) -%}
        {%- if not flags.FULL_REFRESH -%}
            {%- do stop_at_stale_models() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro stop_at_stale_models() -%}
    {%- set rows = run_query(
        'with newest as (select model_name, max(recorded_at) as recorded_at from audit.model_loads group by model_name) '
        ~ 'select loads.model_name, loads.definition_hash, loads.load_id, loads.lake_byte_count, '
        ~ '(select cast(coalesce(sum(byte_count), 0) as bigint) from ' ~ source('marquee', 'file_manifest')
        ~ ' as files where files.load_id <= loads.load_id) as byte_count '
        ~ 'from audit.model_loads as loads inner join newest '
        ~ 'on loads.model_name = newest.model_name and loads.recorded_at = newest.recorded_at'
    ).rows -%}
    {%- set changed, moved = [], [] -%}
    {%- for node in incremental_models() if node.unique_id in selected_resources -%}
        {%- for row in rows if row[0] == node.name -%}
            {%- if row[1] != definition_hash(node) -%}
                {%- do changed.append(node.name) -%}
            {%- elif row[3] != row[4] -%}
                {%- do moved.append(node.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if changed or moved -%}
        {{- exceptions.raise_compiler_error(
            (('The definitions of ' ~ changed | join(', ') ~ ' have changed since the tables were built. ') if changed else '')
            ~ (('The lake is not the one that ' ~ moved | join(', ') ~ ' were built from. ') if moved else '')
            ~ 'Build them anew with:  dbt build --full-refresh   (or: marquee run --full-refresh)'
        ) -}}
    {%- endif -%}
{%- endmacro %}
