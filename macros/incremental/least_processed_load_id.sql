{#- The newest load that all stored tables which take touched days have processed: the beginning of what any of
    them may ask for in this run. Tables that are not there, or are built in full, ask for nothing. -#}
{% macro least_processed_load_id() -%}
    {%- set found = [9223372036854775807] -%}
    {%- if execute and not flags.FULL_REFRESH -%}
        {%- set loads = {} -%}
        {%- for row in model_loads() -%}
            {%- do loads.update({row[0]: row[2]}) -%}
        {%- endfor -%}
        {%- for node in incremental_models()
            if node.config.incremental_strategy in ('replace_days', 'replace_dates')
            and adapter.get_relation(node.database, node.schema, node.alias) -%}
            {%- do found.append(loads.get(node.name, 0)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found | min) -}}
{%- endmacro %}
