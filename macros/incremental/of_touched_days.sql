{#- Restricts a relation with (visitor_id, broadcast_date) to the days of the CTE `touched`, in
    incremental runs. -#}
{% macro of_touched_days(relation) -%}
    {%- if is_incremental() -%}
        inner join touched
            on
                {{ relation }}.visitor_id = touched.visitor_id
                and {{ relation }}.broadcast_date = touched.broadcast_date
    {%- endif -%}
{%- endmacro %}
