{#- Plays of each customer and top title as they were known on a day; of the plays of one title the root counts,
    for the tenth episode says less than the first.

    Arguments: CTEs. `title_days` of int_customer_title_days, `top_titles` of feat_top_titles; `days` of
    customer_id and as_of_date asks for those customers and days, otherwise it is everybody on the newest day. -#}
{% macro top_title_plays(title_days, top_titles, days=none) -%}
    {%- set as_of_date = (days or top_titles) ~ '.as_of_date' -%}
    select
        known.customer_id,
        known.top_title_id,
        known.as_of_date,
        known.known_play_count,
        {{ exact_root('known.known_play_count * 1000000') }} as play_weight
    from (
        select
            {{ title_days }}.customer_id,
            {{ top_titles }}.top_title_id,
            {{ as_of_date }} as as_of_date,
            cast(sum({{ title_days }}.play_count) as bigint) as known_play_count
        from {{ title_days }}
        {% if days -%}
            inner join {{ days }}
                on {{ title_days }}.customer_id = {{ days }}.customer_id
        {% endif -%}
        inner join {{ top_titles }}
            on
                {{ title_days }}.title_id = {{ top_titles }}.title_id
                and {{ title_days }}.known_from_date <= {{ as_of_date }}
                and ({{ title_days }}.known_to_date is null or {{ title_days }}.known_to_date > {{ as_of_date }})
        where {{ title_days }}.customer_id is not null
        group by {{ title_days }}.customer_id, {{ top_titles }}.top_title_id, {{ as_of_date }}
    ) as known
    where known.known_play_count > 0
{%- endmacro %}
