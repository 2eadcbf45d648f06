{#- The broadcast day of a UTC timestamp: it begins at the hour of the var broadcast_day_start_hour. -#}
{% macro broadcast_date(timestamp) -%}
    cast({{ dbt.dateadd('hour', 0 - (var('broadcast_day_start_hour') | int), timestamp) }} as date)
{%- endmacro %}
