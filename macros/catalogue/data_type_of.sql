{#- As declared; of seeds in their column types. -#}
{% macro data_type_of(node, column) -%}
    {%- set declared = column.data_type or node.config.get('column_types', {}).get(column.name, '') -%}
    {{- return(declared | lower | replace(' ', '')) -}}
{%- endmacro %}
