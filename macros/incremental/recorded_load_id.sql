{#- Up to which load an incremental model has processed the lake, by what is recorded; 0 if nothing is. -#}
{% macro recorded_load_id(model_name) -%}
    {%- for row in model_loads() if row[0] == model_name -%}
        {{- return(row[2]) -}}
    {%- endfor -%}
    {{- return(0) -}}
{%- endmacro %}
