{#- A text as SQL, on one line and without tabs. -#}
{% macro text_literal(text) -%}
    {{- return("'" ~ (text or '') | string | replace("'", "''") | replace('\n', ' ') | replace('\t', ' ') | trim ~ "'") -}}
{%- endmacro %}
