-- Who leaves for a reason that is not asked about neither stays nor leaves here: he has no label.

with

cancellations as (

    select * from {{ ref('label_customer_cancellations') }}

),

lapses as (

    select * from {{ ref('label_customer_lapses') }}

),

outcomes as (

    select * from cancellations
    union all
    select * from lapses

)

select
    customer_id,
    as_of_date,
    churn_type,
    is_churned,
    label_known_date,
    churned_at
from outcomes
where
    churn_type is null
    or churn_type in (
        {% for definition in var('churn_definitions') -%}
            '{{ definition }}'{{ ', ' if not loop.last }}
        {%- endfor %}
    )
