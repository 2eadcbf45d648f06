with

groups as (

    select * from {{ ref('eval_offer_groups') }}

)

select
    group_type,
    group_name,
    verdict,
    treated_count,
    holdout_count,
    treated_churn_rate,
    holdout_churn_rate,
    churn_rate_difference,
    uplift_lower_bound,
    uplift_upper_bound,
    shrunken_difference
from groups
