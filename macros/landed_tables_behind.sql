{#- The landed tables that a model is made of, as rows of source and table for `values`; a child table
    comes with the files of its parent. From the lineage, because a list by hand would fall behind. -#}
{% macro landed_tables_behind(model_name) -%}
    {%- set found = [] -%}
    {#- There is no graph while dbt parses, nor for the linter. -#}
    {%- set nodes = graph.nodes.values() if execute is defined and execute else [] -%}
    {%- for node in nodes if node.name == model_name and node.resource_type == 'model' -%}
        {%- for unique_id in ancestors(node) -%}
            {%- for parent in graph.nodes[unique_id].depends_on.nodes if parent in graph.sources -%}
                {%- set table = graph.sources[parent] -%}
                {%- if table.source_name != 'marquee' -%}
                    {%- do found.append((table.source_name, table.config.meta.child_of or table.name)) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for source_name, table_name in (found or [('', '')]) | unique | sort -%}
        ('{{ source_name }}', '{{ table_name }}'){{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
