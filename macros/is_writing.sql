{#- True while a command runs that builds or tests relations: these need a lake, and are recorded. -#}
{% macro is_writing() -%}
    {{- return(execute and flags.WHICH in ['build', 'run', 'seed', 'snapshot', 'test']) -}}
{%- endmacro %}
