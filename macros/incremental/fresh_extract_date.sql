{#- The day of the oldest extract that new files bring, in incremental runs: from it on the states of a source
    table may be others than the stored ones, before it they are not. As text; none if no file is new. -#}
{% macro fresh_extract_date(table) -%}
    {%- if not execute -%}
        {#- dbt reads refs when it parses the project, and then no run is incremental. -#}
        {%- do ref('stg_marquee__file_manifest') -%}
    {%- endif -%}
    {%- if not (execute and is_incremental()) -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set source_name, table_name = table.split('.') -%}
    {%- set found = run_query(
        'select cast(min(extract_date) as varchar) from ' ~ ref('stg_marquee__file_manifest')
        ~ " where source_name = '" ~ source_name ~ "' and table_name = '" ~ table_name ~ "'"
        ~ ' and load_id > ' ~ processed_load_id()
    ) -%}
    {{- return(found.rows[0][0]) -}}
{%- endmacro %}
