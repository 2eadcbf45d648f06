{#- Whole milliseconds from one timestamp to a later one, the rest cut off; additive up to that. DuckDB's
    date_diff counts the borders of milliseconds that lie between, Trino's whole milliseconds. -#}
{% macro elapsed_ms(first, second) -%}
    {{- adapter.dispatch('elapsed_ms', 'marquee')(first, second) -}}
{%- endmacro %}

{% macro default__elapsed_ms(first, second) -%}
    ((epoch_us({{ second }}) - epoch_us({{ first }})) // 1000)
{%- endmacro %}

{% macro trino__elapsed_ms(first, second) -%}
    date_diff('millisecond', {{ first }}, {{ second }})
{%- endmacro %}
