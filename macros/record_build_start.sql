{#- A build that is killed leaves its start without an end, and publishing refuses it. -#}
{% macro record_build_start() -%}
    {%- if is_writing() -%}
        {{- build_event('started') -}}
    {%- endif -%}
{%- endmacro %}
