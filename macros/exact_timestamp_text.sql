{#- A timestamp as text with six digits after the second, the same on every engine. -#}
{% macro exact_timestamp_text(timestamp) -%}
    {{- adapter.dispatch('exact_timestamp_text', 'marquee')(timestamp) -}}
{%- endmacro %}

{% macro default__exact_timestamp_text(timestamp) -%}
    strftime({{ timestamp }}, '%Y-%m-%d %H:%M:%S.%f')
{%- endmacro %}

{% macro trino__exact_timestamp_text(timestamp) -%}
    cast(cast({{ timestamp }} as timestamp(6)) as varchar)
{%- endmacro %}
