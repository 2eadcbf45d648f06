{#- Address of a folder of the lake for engines that want URIs. -#}
{% macro lake_uri(folder) -%}
    {{- return(root_uri('MARQUEE_LAKE', 'lake') ~ '/' ~ folder) -}}
{%- endmacro %}

{% macro landing_uri(folder) -%}
    {{- return(root_uri('MARQUEE_LANDING', 'landing') ~ '/' ~ folder) -}}
{%- endmacro %}

{% macro root_uri(variable, name) -%}
    {%- set root = env_var(variable, env_var('MARQUEE_HOME', 'var') ~ '/' ~ name) -%}
    {%- if '://' in root -%}
        {{- return(root) -}}
    {%- elif root.startswith('/') -%}
        {{- return('file://' ~ root) -}}
    {%- else -%}
        {{- return('file://' ~ flags.PROJECT_DIR ~ '/' ~ root) -}}
    {%- endif -%}
{%- endmacro %}
