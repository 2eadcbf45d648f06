{#- Sum of a column over days of an entity, from so many days before the row's day to so many, 0 for the day itself.
    The CTE has entity_type, entity_id and day_number. -#}
{% macro sum_of_days(column, from_days_ago, to_days_ago=0) -%}
    cast(
        sum({{ column }}) over (
            partition by entity_type, entity_id
            order by day_number asc
            range between {{ from_days_ago }} preceding
            and {{ to_days_ago ~ ' preceding' if to_days_ago else 'current row' }}
        ) as bigint
    )
{%- endmacro %}
