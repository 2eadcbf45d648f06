-- Whom to make an offer first. Follows from the rounded reduction, so that it is the same everywhere.

with

effects as (

    select * from {{ ref('score_offer_effects') }}

)

select
    customer_id,
    model_version,
    churn_model_version,
    churn_probability,
    churn_reduction,
    row_number() over (
        order by churn_reduction desc, customer_id asc
    ) as offer_rank,
    churn_reduction < 0 as is_better_left_alone,
    as_of_date
from effects
