{#- Rows of the tables that a run has built, by the ids of their nodes; views have none. -#}
{% macro built_row_counts(results) -%}
    {{- return(adapter.dispatch('built_row_counts', 'marquee')(results)) -}}
{%- endmacro %}

{#- The adapter tells no counts; those of stored tables stand in their headers. -#}
{% macro default__built_row_counts(results) -%}
    {%- set found, queries = {}, [] -%}
    {%- for result in results -%}
        {%- set node = result.node -%}
        {%- if result.status == 'success' and (node.resource_type == 'seed' or node.config.materialized in ['table', 'incremental']) -%}
            {%- do queries.append(
                "select '" ~ node.unique_id ~ "' as node_id, count(*) as row_count from " ~ node.relation_name
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for row in (run_query(queries | join(' union all ')).rows if queries else []) -%}
        {%- do found.update({row[0]: row[1] | int}) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}

{#- Counting would read the metadata of each table; the server has told how many rows it wrote. Of a table
    that is added to that is not its size, so it has none. -#}
{% macro trino__built_row_counts(results) -%}
    {%- set found = {} -%}
    {%- for result in results -%}
        {%- set written = result.adapter_response.get('rows_affected') -%}
        {%- if result.node.config.materialized == 'table' and written is integer and written >= 0 -%}
            {%- do found.update({result.node.unique_id: written}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}
