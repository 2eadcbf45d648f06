with

bands as (

    select * from {{ ref('churn_risk_bands') }}

),

neighbours as (

    select
        risk_band,
        probability_from,
        probability_below,
        lag(probability_below, 1, cast(0 as decimal(12, 8))) over (order by probability_from asc) as expected_from,
        lead(probability_from) over (order by probability_from asc) as next_from
    from bands

)

select
    risk_band,
    probability_from,
    probability_below
from neighbours
where
    probability_from <> expected_from
    or (next_from is null and probability_below <= 1)
