{#- numerator / denominator as decimal(18, scale), rounded half away from zero; null where the
    denominator is 0 or null. Both are integers, or amounts in one and the same small unit.

    Integer arithmetic, because a quotient of decimals is a double on DuckDB: rounding it missed exact
    halves in 42 of 2,001,000 small fractions. -#}
{% macro exact_rate(numerator, denominator, scale=4) -%}
    cast(
        cast({{ rounded_quotient(numerator, '1' ~ '0' * scale, denominator) }} as decimal(18, 0))
        * cast('0.{{ '0' * (scale - 1) }}1' as decimal({{ scale }}, {{ scale }}))
        as decimal(18, {{ scale }})
    )
{%- endmacro %}

{#- The nearest integer to numerator * factor / denominator; halves go away from zero. -#}
{% macro rounded_quotient(numerator, factor, denominator) -%}
    {{- adapter.dispatch('rounded_quotient', 'marquee')(numerator, factor, denominator) -}}
{%- endmacro %}

{% macro default__rounded_quotient(numerator, factor, denominator) -%}
    sign(cast({{ numerator }} as hugeint)) * sign(cast({{ denominator }} as hugeint)) * (
        (2 * abs(cast({{ numerator }} as hugeint)) * {{ factor }} + abs(cast({{ denominator }} as hugeint)))
        // (2 * abs(nullif(cast({{ denominator }} as hugeint), 0)))
    )
{%- endmacro %}

{#- Decimals of scale 0 divide into a decimal of scale 0, rounded in just this way. -#}
{% macro trino__rounded_quotient(numerator, factor, denominator) -%}
    cast({{ numerator }} as decimal(38, 0)) * decimal '{{ factor }}'
    / nullif(cast({{ denominator }} as decimal(38, 0)), decimal '0')
{%- endmacro %}
