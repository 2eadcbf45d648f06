{#- At the end of a run: what each relation was made of in its newest run, for the lineage of columns. Only now
    dbt knows the SQL of all; kept in the warehouse, because the files below target/ may be those of another
    command by the time somebody asks. -#}
{% macro record_relation_definitions(results) -%}
    {%- set built = {} -%}
    {%- for result in (results if is_writing() else []) -%}
        {%- if result.node.resource_type == 'model' and result.status == 'success' -%}
            {%- do built.update({result.node.unique_id: result.node.compiled_code}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if built -%}
        {%- set kept, rows = [], [] -%}
        {%- for node in (graph.nodes.values() | list) + (graph.sources.values() | list) -%}
            {%- if node.resource_type == 'model' and node.unique_id not in built -%}
                {%- do kept.append(node.unique_id) -%}
            {%- elif node.resource_type in ['model', 'seed', 'source'] -%}
                {%- set is_python = node.language == 'python' -%}
                {%- set texts = [
                    invocation_id, node.unique_id, relation_of(node), node.resource_type, node.relation_name,
                    node.columns.keys() | join(','), node.get('depends_on', {}).get('nodes', []) | sort | join(',')
                ] -%}
                {%- set sql = none if is_python else built.get(node.unique_id) -%}
                {%- do rows.append(
                    "('" ~ texts | map('replace', "'", "''") | join("', '") ~ "', "
                    ~ ("'" ~ sql | replace("'", "''") ~ "'" if sql else 'cast(null as varchar)')
                    ~ ', ' ~ is_python ~ ')'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do run_query(
            'delete from audit.relation_definitions'
            ~ (" where node_id not in ('" ~ kept | join("', '") ~ "')" if kept else '')
        ) -%}
        {#- Trino takes no statement of more than a million characters. -#}
        {%- set pending = namespace(rows=[], length=0) -%}
        {%- for row in rows -%}
            {%- if pending.rows and pending.length + row | length > 500000 -%}
                {%- do run_query('insert into audit.relation_definitions values ' ~ pending.rows | join(', ')) -%}
                {%- set pending.rows, pending.length = [], 0 -%}
            {%- endif -%}
            {%- do pending.rows.append(row) -%}
            {%- set pending.length = pending.length + row | length -%}
        {%- endfor -%}
        {%- do run_query('insert into audit.relation_definitions values ' ~ pending.rows | join(', ')) -%}
    {%- endif -%}
{%- endmacro %}
