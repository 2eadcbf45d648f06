{#- Milliseconds from one timestamp to a later one, counted by their borders, so that parts add up. Not by
    dbt.datediff: on Trino it rounds both to milliseconds first. -#}
{% macro elapsed_ms(first, second) -%}
    date_diff('millisecond', {{ first }}, {{ second }})
{%- endmacro %}
