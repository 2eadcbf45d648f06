{#- The tables of the project as rows for `values`: relation, layer, kind, owner, term, tags, requirements,
    description, numbers of columns and of tests. -#}
{% macro declared_relations() -%}
    {%- set tests = {} -%}
    {%- for test in catalogued_tests() if test.attached_node -%}
        {%- do tests.update({test.attached_node: tests.get(test.attached_node, 0) + 1}) -%}
    {%- endfor -%}
    {%- for entry in catalogued() -%}
        {%- set node, meta = entry.node, entry.node.config.meta -%}
        (
        {%- for text in [
            entry.relation, entry.layer, node.resource_type, entry.owner, meta.get('glossary_term'),
            node.config.tags | sort | join(', '), meta.get('requirements', []) | join(', '), node.description
        ] -%}
            {{ text_literal(text) }}, {# -#}
        {%- endfor -%}
        {{ node.columns | length }}, {{ tests.get(node.unique_id, 0) }})
        {{- ',\n' if not loop.last }}
    {%- else -%}
        ('', '', '', '', '', '', '', '', 0, 0)
    {%- endfor -%}
{%- endmacro %}
