{#- The columns of the project as rows for `values`: a relation, and its columns as lines of fields behind
    tabs (position, name, data type, sensitivity, valid range, tags, term, tests,
    description, number of tests).

    One text a relation: a row a column would be 25,000 literals, for which parsers take seconds. -#}
{% macro declared_columns() -%}
    {%- set inherited = inherited_sensitivities() -%}
    {%- set tests = {} -%}
    {%- for test in catalogued_tests() if test.attached_node and test.column_name -%}
        {%- do tests.setdefault(test.attached_node ~ '.' ~ test.column_name, []).append(test) -%}
    {%- endfor -%}
    {%- for entry in catalogued() -%}
        {%- set lines = [] -%}
        {%- for column in entry.node.columns.values() -%}
            {%- set own = tests.get(entry.node.unique_id ~ '.' ~ column.name, []) -%}
            {%- set fields = [
                loop.index | string, column.name, data_type_of(entry.node, column),
                sensitivity_of(entry.node, column, inherited), valid_range_of(column, own),
                column.config.tags | sort | join(', '), column.config.meta.get('glossary_term', ''),
                own | map(attribute='test_metadata') | map(attribute='name') | sort | join(', '),
                column.description, own | length | string
            ] -%}
            {%- do lines.append(fields | map('replace', '\n', ' ') | map('replace', '\t', ' ') | join('\t')) -%}
        {%- endfor -%}
        ('{{ entry.relation }}', '{{ lines | join('\n') | replace("'", "''") }}')
        {{- ',\n' if not loop.last }}
    {%- else -%}
        ('', '')
    {%- endfor -%}
{%- endmacro %}
