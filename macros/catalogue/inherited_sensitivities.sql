{#- What the contract says of columns of a name, the strictest where tables differ. -#}
{% macro inherited_sensitivities() -%}
    {%- set order = ['public', 'internal', 'personal', 'identifying'] -%}
    {%- set found = {} -%}
    {%- for source in (graph.sources.values() if execute is defined and execute else []) -%}
        {%- for name, column in source.columns.items() -%}
            {%- set declared = column.config.meta.get('sensitivity') -%}
            {%- if declared in order and order.index(declared) >= order.index(found.get(name, 'public')) -%}
                {%- do found.update({name: declared}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}
