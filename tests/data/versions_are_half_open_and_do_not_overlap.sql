{% set histories = {
    'dim_customer_versions': 'customer_id',
    'dim_plan_prices': "plan_id || ' ' || currency_code",
    'int_subscription_versions': 'subscription_id',
} %}

with

versions as (

    {% for history, key in histories.items() -%}
        select
            '{{ history }}' as history,
            {{ key }} as history_key,
            valid_from_date,
            last_seen_date,
            valid_to_date,
            lead(valid_from_date) over (
                partition by {{ key }}
                order by valid_from_date asc
            ) as next_valid_from_date
        from {{ ref(history) }}
        {% if not loop.last -%}
            union all
        {% endif -%}
    {%- endfor %}

)

select *
from versions
where
    last_seen_date < valid_from_date
    or valid_to_date <= last_seen_date
    or next_valid_from_date < valid_to_date
    or (next_valid_from_date is not null and valid_to_date is null)
