{#- The condition that joins two relations by columns of the same names; none of them is ever null. -#}
{% macro equal_columns(first, second, columns) -%}
    {%- for column in columns -%}
        {{ ' and ' if not loop.first }}{{ first }}.{{ column }} = {{ second }}.{{ column }}
    {%- endfor -%}
{%- endmacro %}
