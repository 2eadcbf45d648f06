-- Who is at risk of cancelling, why, and is it worth an offer?
-- The customers whom the chosen cutoff selects, the most probable first, with the reasons that a message
-- can pick up and what an offer is expected to bring.

with

risks as (

    select * from {{ ref('customer_churn_risks') }}

)

select
    customer_id,
    churn_probability,
    risk_band,
    expected_value_usd,
    reason_1,
    reason_2,
    reason_3,
    as_of_date,
    model_version
from risks
where is_targeted
order by churn_probability desc, customer_id asc
