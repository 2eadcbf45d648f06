{#- The CTE `touched` in incremental runs: the days that are to be computed anew. Nothing otherwise. -#}
{% macro touched() -%}
    {%- do refer_to_touched_days() -%}
    {%- if is_incremental() -%}
        touched as (

            {{ touched_days(processed_load_id()) }}

        ),
    {%- endif -%}
{%- endmacro %}
