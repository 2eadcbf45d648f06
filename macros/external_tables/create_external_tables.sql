{#- The files of lake and landing as tables, from the sources YAML; safe to run again.

    DuckDB reads the lake's files itself, so only the landed files need views there. On Trino both
    become external Hive tables: created where they are missing, made anew where their definition has
    changed (the files are not touched), and partitions follow the folders. -#}
{% macro create_external_tables() -%}
    {%- if execute -%}
        {%- do create_lake_tables() -%}
        {%- do create_landing_views() -%}
    {%- endif -%}
{%- endmacro %}
