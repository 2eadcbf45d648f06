{#- The table that a node builds, or that a test watches: of a test of several, the first in order of name. -#}
{% macro watched_relation(node) -%}
    {%- set ids = [node.unique_id, node.attached_node, node.tested_node_unique_id]
        + (node.depends_on.nodes | sort if node.resource_type in ['test', 'unit_test'] else []) -%}
    {%- set found = [] -%}
    {%- for unique_id in ids | select -%}
        {%- set table = graph.nodes.get(unique_id) or graph.sources.get(unique_id) -%}
        {%- if table and table.resource_type in ['model', 'seed', 'source'] -%}
            {%- do found.append(relation_of(table)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found | first | default('', true)) -}}
{%- endmacro %}
