{% macro record_build_end(results) -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'seed', 'test', 'snapshot'] -%}
        {%- set statuses = results | map(attribute='status') | map('string') | list -%}
        {%- set failed = statuses | select('in', ['error', 'fail', 'skipped', 'runtime error']) | list -%}
        {%- set warned = statuses | select('equalto', 'warn') | list -%}
        {{- build_event('finished', statuses | length, failed | length, warned | length) -}}
    {%- endif -%}
{%- endmacro %}
