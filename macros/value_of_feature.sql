{#- The value of the feature that a row names, from the row's own columns: of numbers and booleans as
    decimal(27, 8), of texts (is_text) as varchar. Null where nothing is known, and of the other kind.

    model_name: the model whose YAML says which columns there are; relation: its alias; feature: the
    expression that names the feature. -#}
{% macro value_of_feature(model_name, relation, feature, is_text=false) -%}
    case {{ feature }}
        {%- for column in columns_of_model(model_name) %}
            {%- set data_type = column.data_type | string -%}
            {%- if is_text and data_type == 'varchar' %}
                when '{{ column.name }}' then {{ relation }}.{{ column.name }}
            {%- elif not is_text and data_type == 'boolean' %}
                when '{{ column.name }}' then cast(cast({{ relation }}.{{ column.name }} as integer) as decimal(27, 8))
            {%- elif not is_text and data_type.split('(')[0] in ('integer', 'bigint', 'decimal') %}
                when '{{ column.name }}' then cast({{ relation }}.{{ column.name }} as decimal(27, 8))
            {%- endif -%}
        {%- endfor %}
        else {{ 'cast(null as varchar)' if is_text else 'cast(null as decimal(27, 8))' }}
    end
{%- endmacro %}
