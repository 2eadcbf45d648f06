{#- The condition that joins versions of days, sessions or plays with the CTE `windows`: what was known of the
    90 broadcast days before a snapshot day, on that day. Kept in one place, because it is what keeps the
    future out of features. -#}
{% macro known_in_windows(relation) -%}
    {{ relation }}.known_from_date <= windows.as_of_date
            and ({{ relation }}.known_to_date is null or {{ relation }}.known_to_date > windows.as_of_date)
            and {{ relation }}.broadcast_date < windows.as_of_date
            and {{ relation }}.broadcast_date >= windows.from_90d_date
{%- endmacro %}
