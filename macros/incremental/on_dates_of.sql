{#- The condition that a date is one of those of a query with the column broadcast_date, as a list: DuckDB skips by a list what it
    reads in full for a join. -#}
{% macro on_dates_of(column, query) -%}
    {%- if not execute -%}
        {{- return('1 = 0') -}}
    {%- endif -%}
    {%- set dates = run_query('select distinct cast(broadcast_date as varchar) from (' ~ query ~ ') as dates order by 1') -%}
    {%- if not dates.rows -%}
        {{- return('1 = 0') -}}
    {%- endif -%}
    {{- return(column ~ " in (date '" ~ dates.columns[0].values() | join("', date '") ~ "')") -}}
{%- endmacro %}
