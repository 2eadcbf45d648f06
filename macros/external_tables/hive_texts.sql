{#- Texts of Hive's rows; lists as JSON. -#}
{% macro hive_texts(landed, names) -%}
    {%- set types = dict(hive_columns(landed, names)) -%}
    {%- set texts = [] -%}
    {%- for name, data_type in landed.columns -%}
        {%- if types.get(name, 'varchar') == 'varchar' -%}
            {%- do texts.append(landed_texts([(name, data_type)], names)) -%}
        {%- else -%}
            {%- do texts.append('json_format(cast("' ~ name ~ '" as json)) as "' ~ name ~ '"') -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(texts | join(', ')) -}}
{%- endmacro %}

{#- One text for a JSON value; for rows texts, and lists as the contract has them. -#}
{% macro hive_columns(landed, names) -%}
    {%- if names == [''] -%}
        {{- return([('line', 'varchar')]) -}}
    {%- endif -%}
    {%- set types = dict(contract_columns(landed.source, landed.table)) -%}
    {%- set columns = [] -%}
    {%- for name in names -%}
        {%- set is_list = types.get(name, '').startswith('array') -%}
        {%- do columns.append((name, types[name] if is_list else 'varchar')) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro %}
