{#- The columns together are the key: no combination twice, and none of them null. -#}
{% test unique_combination_of_columns(model, combination_of_columns) %}
    {%- set columns = combination_of_columns | join(', ') %}
    select {{ columns }}, count(*) as row_count
    from {{ model }}
    group by {{ columns }}
    having
        count(*) > 1
        {% for column in combination_of_columns -%}
        or {{ column }} is null
        {% endfor %}
{% endtest %}
