{#- A rate drawn towards a prior one, as decimal(18, 6): as if `prior_trials` more had been seen, with the prior rate.

    successes, trials: whole numbers; prior_rate: a decimal with six digits from 0 to 1. -#}
{% macro shrunken_rate(successes, trials, prior_rate, prior_trials) -%}
    {{ exact_rate(
        '(1000000 * cast(' ~ successes ~ ' as bigint) + ' ~ prior_trials ~ ' * cast(' ~ prior_rate ~ ' * 1000000 as bigint))',
        '(1000000 * (cast(' ~ trials ~ ' as bigint) + ' ~ prior_trials ~ '))',
        6
    ) }}
{%- endmacro %}
