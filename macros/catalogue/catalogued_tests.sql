{#- The data tests of this project in order of their names. -#}
{% macro catalogued_tests() -%}
    {%- set found = [] -%}
    {%- if execute is defined and execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'test' and node.package_name == project_name -%}
            {%- do found.append(node) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found | sort(attribute='unique_id') | list) -}}
{%- endmacro %}
