{#- The columns that a built relation has, each with name and data_type in lower case; none while parsing,
    or before it is built. Unit tests build nothing: they override this macro. -#}
{% macro columns_of(relation) -%}
    {%- set found = [] -%}
    {%- for column in (adapter.get_columns_in_relation(relation) if execute else []) -%}
        {#- Of texts dbt says "character varying(256)" on one engine and "varchar" on the other. -#}
        {%- set data_type = 'varchar' if column.is_string() else column.data_type | lower -%}
        {%- do found.append({'name': column.name, 'data_type': data_type}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
