{#- One end of Wilson's 95 % interval of a rate, as decimal(18, 6): sign is '-' for the lower end, '+' for the upper.

    (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n), multiplied by n and in whole numbers, so
    that every engine gives the same digits: the rate counts in millionths, the root in thousandths. More than four
    million trials count as four million, which the root can hold; the interval is then 0.0005 wide each way. Of three
    trials the ends are right to 0.0002, of more to less.

    rate: a decimal with six digits from 0 to 1, null where nobody knows it; trials: a whole number from 1. -#}
{% macro wilson_bound(rate, trials, sign) -%}
    {%- set millionths = 'cast(' ~ rate ~ ' * 1000000 as bigint)' -%}
    {%- set counted = 'least(cast(' ~ trials ~ ' as bigint), 4000000)' -%}
    {%- set variance = rounded_quotient(
        counted ~ ' * ' ~ millionths ~ ' * (1000000 - ' ~ millionths ~ ')', 1, 1000000
    ) -%}
    case when {{ rate }} is not null then least(
        greatest(
            {{ exact_rate(
                '(1000 * (' ~ millionths ~ ' * ' ~ counted ~ ' + 1920729) ' ~ sign ~ ' 1959964 * '
                ~ exact_root(variance ~ ' + 960365') ~ ')',
                '(1000000000 * ' ~ counted ~ ' + 3841458821)',
                6
            ) }},
            cast(0 as decimal(18, 6))
        ),
        cast(1 as decimal(18, 6))
    ) end
{%- endmacro %}
