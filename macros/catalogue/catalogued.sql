{#- Sources, models and seeds of this project as dicts, in order of their names: `relation` as people read
    it, `layer`, `owner` and `node`. None while parsing, and for the linter. -#}
{% macro catalogued() -%}
    {%- set found = {} -%}
    {%- if execute is defined and execute -%}
        {%- set nodes = (graph.nodes.values() | list) + (graph.sources.values() | list) -%}
        {%- for node in nodes if node.resource_type in ['model', 'seed', 'source']
            and node.package_name == project_name -%}
            {%- set relation = relation_of(node) -%}
            {%- set schema = relation.split('.')[0] -%}
            {%- set layer = ('audit' if schema == 'audit' else 'lake') if node.resource_type == 'source' else schema -%}
            {#- A model that stands right behind a source is that source's, renamed. -#}
            {%- set owners = [node.config.meta.get('owner')] -%}
            {%- for parent in (node.depends_on.nodes if layer == 'staging' else []) if parent in graph.sources -%}
                {%- do owners.append(graph.sources[parent].config.meta.get('owner')) -%}
            {%- endfor -%}
            {%- do found.update({relation: {
                'relation': relation, 'layer': layer, 'node': node,
                'owner': owners | select | first | default('', true),
            }}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found.values() | sort(attribute='relation') | list) -}}
{%- endmacro %}
