with

policies as (

    select * from {{ ref('eval_ad_policies') }}

)

select
    policy_name,
    policy_impression_count,
    effective_impression_count,
    mean_weight,
    policy_value,
    policy_lower_bound,
    policy_upper_bound,
    normalised_value,
    normalised_lower_bound,
    normalised_upper_bound,
    first_shown_date,
    last_shown_date
from policies
