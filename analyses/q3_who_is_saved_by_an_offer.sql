-- Who is kept by an offer, not only at risk?
-- The hundred customers to ask first, without those whom an offer drives away, beside what offers did in
-- their band of risk.

with

effects as (

    select * from {{ ref('customer_offer_effects') }}

),

risks as (

    select * from {{ ref('customer_churn_risks') }}

),

uplifts as (

    select * from {{ ref('offer_uplifts') }}
    where group_type = 'risk_band'

)

select
    effects.offer_rank,
    effects.customer_id,
    effects.churn_probability,
    effects.churn_reduction,
    risks.risk_band,
    uplifts.verdict as risk_band_verdict,
    effects.as_of_date
from effects
inner join risks
    on effects.customer_id = risks.customer_id
left join uplifts
    on risks.risk_band = uplifts.group_name
where not effects.is_better_left_alone
order by effects.offer_rank asc
limit 100
