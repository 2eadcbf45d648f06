{#- Texts of a CSV file: what its header lacks is null, and an empty text is no value. -#}
{% macro landed_texts(columns, names) -%}
    {%- set texts = [] -%}
    {%- for name, data_type in columns -%}
        {%- do texts.append(
            ('nullif("' ~ name ~ '", \'\')' if name in names else 'cast(null as varchar)')
            ~ ' as "' ~ name ~ '"'
        ) -%}
    {%- endfor -%}
    {{- return(texts | join(', ')) -}}
{%- endmacro %}

{% macro quoted_names(columns) -%}
    {%- set names = [] -%}
    {%- for name, data_type in columns -%}
        {%- do names.append('"' ~ name ~ '"') -%}
    {%- endfor -%}
    {{- return(names | join(', ')) -}}
{%- endmacro %}
