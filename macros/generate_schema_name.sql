{#- Folders name schemas as they are (staging, serving, ...): one warehouse is one file or one
    catalogue, so no prefix is needed to keep developers apart.

    Where a build writes into the catalogue that people read, public models go to a candidate schema;
    publishing switches the views of the schema proper. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set schema = (custom_schema_name or target.schema) | trim -%}
    {%- if node.resource_type == 'model' and node.config.access == 'public' and target.type != 'duckdb' -%}
        {{- schema ~ '_candidate' -}}
    {%- else -%}
        {{- schema -}}
    {%- endif -%}
{%- endmacro %}
