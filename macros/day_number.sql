{#- Days since 1970 of a date: windows of days need numbers to range over. -#}
{% macro day_number(date_column) -%}
    cast(date_diff('day', cast('1970-01-01' as date), {{ date_column }}) as integer)
{%- endmacro %}
