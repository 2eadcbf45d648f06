{#- The incremental models of the project, as nodes, each behind those that it is made from. -#}
{% macro incremental_models() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model'
        and node.config.materialized == 'incremental'
        and node.package_name == project_name -%}
        {%- do found.append(('%04d' | format(ancestors(node) | length), node.name, node)) -%}
    {%- endfor -%}
    {{- return(found | sort(attribute='0,1') | map(attribute=2) | list) -}}
{%- endmacro %}
