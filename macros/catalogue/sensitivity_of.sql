{#- A column is as sensitive as its YAML says; else as columns of its name in the contract; else as its
    table, `config.meta.sensitivity`, which stands for names that the contract does not know. -#}
{% macro sensitivity_of(node, column, inherited) -%}
    {{- return(
        column.config.meta.get('sensitivity') or inherited.get(column.name)
        or node.config.meta.get('sensitivity') or ''
    ) -}}
{%- endmacro %}
