{#- The value of the feature that a row names, from the row's own columns: of numbers and booleans as
    decimal(27, 8), of texts (is_text) as varchar. Null where nothing is known, and of the other kind.

    features: the relation that has the features as columns; rows: alias of its rows; feature: the
    expression that names one. -#}
{% macro value_of_feature(features, rows, feature, is_text=false) -%}
    case
        {%- for column in columns_of(features) -%}
            {%- set kind = column.data_type.split('(')[0] -%}
            {%- set value = rows ~ '.' ~ column.name -%}
            {%- if is_text and kind == 'varchar' %}
                when {{ feature }} = '{{ column.name }}' then {{ value }}
            {%- elif not is_text and kind == 'boolean' %}
                when {{ feature }} = '{{ column.name }}' then cast(cast({{ value }} as integer) as decimal(27, 8))
            {%- elif not is_text and kind in ('integer', 'bigint', 'decimal') %}
                when {{ feature }} = '{{ column.name }}' then cast({{ value }} as decimal(27, 8))
            {%- endif -%}
        {%- endfor %}
        when false then {{ 'cast(null as varchar)' if is_text else 'cast(null as decimal(27, 8))' }}
    end
{%- endmacro %}
