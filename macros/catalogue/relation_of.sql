{#- Schema and name of a table as people read it, whatever place an engine builds it in. -#}
{% macro relation_of(node) -%}
    {%- set name = node.identifier if node.resource_type == 'source' else node.alias -%}
    {{- return((node.schema | replace('_candidate', '')) ~ '.' ~ name) -}}
{%- endmacro %}
