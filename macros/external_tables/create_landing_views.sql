{#- The landed files as they came (schema on read): a view for each source table and format,
    landing.<source>__<table>__<format>. CSV, JSON lines and sequence files are text; each row tells its
    file. Records that ingestion would quarantine are there too, with nulls where nothing can be read. -#}
{% macro create_landing_views() -%}
    {{- return(adapter.dispatch('create_landing_views', 'marquee')()) -}}
{%- endmacro %}

{#- DuckDB itself reads three of the formats. -#}
{% macro default__create_landing_views() -%}
    {%- set root = env_var('MARQUEE_LANDING', env_var('MARQUEE_HOME', 'var') ~ '/landing') -%}
    {%- do run_query('create schema if not exists landing') -%}
    {%- for landed in landed_tables() if landed.format in ('csv', 'json_lines', 'parquet') -%}
        {%- set queries = [] -%}
        {%- for group in landed.groups -%}
            {%- set patterns = [] -%}
            {%- for folder, suffixes in group.folders.items() -%}
                {%- for suffix in suffixes -%}
                    {%- set files = ('*' if suffix.startswith('.') else '') ~ suffix -%}
                    {%- do patterns.append("'" ~ (root ~ '/' ~ folder ~ '/' ~ files) | replace("'", "''") ~ "'") -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- set landing_file = "replace(filename, '" ~ root ~ "/', '') as landing_file" -%}
            {%- do queries.append(
                landed_files_query(landed, group, '[' ~ patterns | join(', ') ~ ']', landing_file)
            ) -%}
        {%- endfor -%}
        {%- do run_query(
            'create or replace view landing.' ~ landed.name ~ ' as ' ~ queries | join(' union all ')
        ) -%}
    {%- endfor -%}
{%- endmacro %}

{#- Below each view stand external tables of the files, one for each set of columns, with a partition
    for each folder. -#}
{% macro trino__create_landing_views() -%}
    {%- set catalog = source('marquee', 'file_manifest').database -%}
    {%- set landing_file = 'substr("$path", ' ~ (landing_uri('') | length + 1) ~ ') as landing_file' -%}
    {%- do run_query('create schema if not exists ' ~ catalog ~ '.landing') -%}
    {%- set tables = landed_tables() -%}
    {%- do require_one_format_a_folder(tables) -%}
    {%- for landed in tables -%}
        {%- set queries = [] -%}
        {%- for group in landed.groups -%}
            {%- set name = landed.name ~ '__files' ~ ('_' ~ loop.index if loop.index > 1 else '') -%}
            {%- set files = api.Relation.create(catalog, 'landing', name) -%}
            {%- set definition = landed_files_definition(landed, group) -%}
            {%- do definition.properties.update({
                'external_location': "'" ~ landing_uri(landed.source ~ '/' ~ landed.table) ~ "'"
            }) -%}
            {%- do create_hive_table(
                files, definition.columns, definition.properties, ['landing_folder']
            ) -%}
            {%- do register_folders(files, group.folders) -%}
            {%- do queries.append(landed_files_query(landed, group, files, landing_file)) -%}
        {%- endfor -%}
        {%- do run_query(
            'create or replace view ' ~ catalog ~ '.landing.' ~ landed.name ~ ' as '
            ~ queries | join(' union all ')
        ) -%}
    {%- endfor -%}
{%- endmacro %}
