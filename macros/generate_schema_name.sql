{#- Folders name schemas as they are (staging, serving, ...): one warehouse is one file or one
    catalogue, so no prefix is needed to keep developers apart. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{- (custom_schema_name or target.schema) | trim -}}
{%- endmacro %}
