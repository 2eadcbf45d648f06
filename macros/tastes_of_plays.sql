{#- Tastes of customers on a day as k-means reads them, in whole units, so that Python and SQL measure the same
    distances; what is 0 has no row.

    Arguments: CTEs. `plays` of top_title_plays, `audiences` of feat_title_audiences, `watching` of
    feat_customer_watching, `visits` of feat_customer_visits. As CTEs, the last one `tastes`. -#}
{% macro tastes_of_plays(plays, audiences, watching, visits) -%}
customers as (

    select
        customer_id,
        as_of_date,
        cast(sum(known_play_count) as bigint) as known_play_count
    from {{ plays }}
    group by customer_id, as_of_date

),

measured as (

    {{ genre_tastes(plays, audiences) }}
    union all
    {{ engagement_tastes('customers', watching, visits) }}

),

tastes as (

    select
        measured.customer_id,
        measured.taste_feature,
        measured.as_of_date,
        customers.known_play_count,
        measured.feature_units
    from measured
    inner join customers
        on
            measured.customer_id = customers.customer_id
            and measured.as_of_date = customers.as_of_date
    where measured.feature_units > 0

)
{%- endmacro %}
