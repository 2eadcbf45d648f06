{#- The ids of a node and of all models and seeds before it. -#}
{% macro ancestors(node) -%}
    {%- set found = [node.unique_id] -%}
    {%- for unique_id in found -%}
        {#- A list that grows while it is walked: Jinja follows it. -#}
        {%- for parent in graph.nodes[unique_id].depends_on.nodes if parent in graph.nodes and parent not in found -%}
            {%- do found.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}
