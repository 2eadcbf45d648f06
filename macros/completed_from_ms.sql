{#- The position from which a title of this running time counts as watched to the end; null where nobody knows
    the running time. -#}
{% macro completed_from_ms(runtime_ms) -%}
    cast(nullif({{ runtime_ms }}, 0) as decimal(19, 0)) * cast('{{ var('completed_from_progress') }}' as decimal(5, 4))
{%- endmacro %}
