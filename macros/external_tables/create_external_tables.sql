{% macro create_external_tables() -%}
    {%- if execute -%}
        {%- do create_lake_tables() -%}
    {%- endif -%}
{%- endmacro %}
