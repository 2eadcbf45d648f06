{#- External tables over the typed Parquet files; nothing to do where the engine reads files itself. -#}
{% macro create_lake_tables() -%}
    {{- return(adapter.dispatch('create_lake_tables', 'marquee')()) -}}
{%- endmacro %}

{% macro default__create_lake_tables() -%}{%- endmacro %}

{% macro trino__create_lake_tables() -%}
    {%- for table in graph.sources.values() if table.database != target.database -%}
        {%- do run_query('create schema if not exists ' ~ table.database ~ '.' ~ table.schema) -%}
    {%- endfor -%}
    {%- for table in graph.sources.values() if table.database != target.database -%}
        {%- set columns = [] -%}
        {%- for column in table.columns.values() -%}
            {%- do columns.append((column.name, column.data_type)) -%}
        {%- endfor -%}
        {%- if table.config.meta.load != 'internal' -%}
            {%- do columns.extend([('_file_key', 'varchar'), ('_row_number', 'bigint')]) -%}
        {%- endif -%}
        {%- set is_flat = table.config.meta.flat_folder is defined -%}
        {%- do create_hive_table(
            api.Relation.create(table.database, table.schema, table.identifier),
            columns=columns,
            partition_columns=[] if is_flat else ['batch_month'],
            properties={
                'format': "'PARQUET'",
                'external_location':
                    "'" ~ lake_uri(table.config.meta.flat_folder or table.schema ~ '/' ~ table.name) ~ "'"
            }
        ) -%}
        {%- if not is_flat -%}
            {%- do run_query(
                'call ' ~ table.database ~ '.system.sync_partition_metadata('
                ~ "'" ~ table.schema ~ "', '" ~ table.identifier ~ "', 'FULL')"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
