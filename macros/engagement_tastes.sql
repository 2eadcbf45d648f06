{#- How much customers watch: the roots of the watched time and of the active days, whose long tails would rule
    the distances otherwise, and the share of plays that were completed.

    Arguments: CTEs. `customers` of customer_id and as_of_date, `watching` of feat_customer_watching, `visits` of
    feat_customer_visits. -#}
{% macro engagement_tastes(customers, watching, visits) -%}
    {#- From 8 hours a day on it makes no difference any more. -#}
    {%- set most_ms = 1000000000 -%}
    {%- set features = [
        ('watched_time', watching, exact_root(
            'case when ' ~ watching ~ '.watched_ms_90d < ' ~ most_ms ~ ' then ' ~ watching ~ '.watched_ms_90d else '
            ~ most_ms ~ ' end * 1000'
        )),
        ('active_days', visits, exact_root(visits ~ '.active_day_count_90d * 10000000000')),
        (
            'completed_plays', watching,
            'cast(round(' ~ watching ~ '.completed_play_rate_90d * 1000000) as bigint)'
        )
    ] -%}
    {% for name, source, units in features -%}
        select
            {{ source }}.customer_id,
            {{ source }}.as_of_date,
            'engagement:{{ name }}' as taste_feature,
            {{ units }} as feature_units
        from {{ source }}
        inner join {{ customers }}
            on
                {{ source }}.customer_id = {{ customers }}.customer_id
                and {{ source }}.as_of_date = {{ customers }}.as_of_date
        {% if not loop.last %}union all{% endif %}
    {% endfor -%}
{%- endmacro %}
