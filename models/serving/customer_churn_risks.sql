-- Bands, decisions and money follow from the rounded probability, so that they are the same everywhere.

with

scores as (

    select * from {{ ref('score_customer_churn') }}

),

contributions as (

    select * from {{ ref('score_churn_contributions') }}

),

cutoffs as (

    select * from {{ ref('churn_cutoffs') }}

),

costs as (

    select * from {{ ref('churn_costs') }}

),

bands as (

    select * from {{ ref('churn_risk_bands') }}

),

reasons as (

    select * from {{ ref('churn_reasons') }}

),

-- Only what raises the risk is a reason to leave.
ranked as (

    select
        contributions.customer_id,
        coalesce(
            case contributions.value_level
                when 'high' then reasons.high_reason
                when 'low' then reasons.low_reason
                when 'missing' then reasons.missing_reason
                else reasons.category_reason
            end,
            replace(contributions.feature, '_', ' ') || ' is ' || contributions.value_level
        ) as reason,
        row_number() over (
            partition by contributions.customer_id
            order by contributions.contribution desc, contributions.feature asc
        ) as reason_rank
    from contributions
    left join reasons
        on contributions.feature = reasons.feature
    where contributions.contribution > 0

),

explained as (

    select
        customer_id,
        max(case when reason_rank = 1 then reason end) as reason_1,
        max(case when reason_rank = 2 then reason end) as reason_2,
        max(case when reason_rank = 3 then reason end) as reason_3
    from ranked
    where reason_rank <= 3
    group by customer_id

)

select
    scores.customer_id,
    scores.model_version,
    bands.risk_band,
    explained.reason_1,
    explained.reason_2,
    explained.reason_3,
    scores.churn_probability,
    cast(
        round(
            scores.churn_probability * costs.success_rate * costs.saved_value_usd - costs.offer_cost_usd, 2
        ) as decimal(18, 2)
    ) as expected_value_usd,
    coalesce(scores.churn_probability >= cutoffs.cutoff, false) as is_targeted,
    scores.as_of_date
from scores
cross join costs
left join cutoffs
    on
        scores.model_version = cutoffs.model_version
        and cutoffs.is_chosen
left join bands
    on
        scores.churn_probability >= bands.probability_from
        and scores.churn_probability < bands.probability_below
left join explained
    on scores.customer_id = explained.customer_id
