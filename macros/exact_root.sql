{#- The square root of a whole number up to 10^12, rounded to the nearest whole number.

    The same on every engine although it passes through floating point: whole numbers of that size and their
    roots to one unit in the last place are exact enough, because the root of a whole number is never nearer
    to a half than 10^-7, while IEEE roots are correct to 10^-10. -#}
{% macro exact_root(number) -%}
    cast(round(sqrt(cast({{ number }} as bigint))) as bigint)
{%- endmacro %}
