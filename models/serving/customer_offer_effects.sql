-- Whom to make an offer first: by expected effect once that is better than by risk beyond the interval, by risk
-- until then. Follows from rounded numbers, so that it is the same everywhere.

with

effects as (

    select * from {{ ref('score_offer_effects') }}

),

rankings as (

    select * from {{ ref('eval_offer_rankings') }}

),

proof as (

    select coalesce(max(case when difference_lower_bound > 0 then 1 end), 0) = 1 as is_proven
    from rankings
    where ranking_name = 'churn_reduction'

)

select
    effects.customer_id,
    effects.model_version,
    effects.churn_model_version,
    case when proof.is_proven then 'churn_reduction' else 'churn_probability' end as ranking_name,
    effects.churn_probability,
    effects.churn_reduction,
    row_number() over (
        order by
            case when proof.is_proven then effects.churn_reduction else effects.churn_probability end desc,
            effects.customer_id asc
    ) as offer_rank,
    effects.least_log_odds_effect > 0 as is_better_left_alone,
    effects.as_of_date
from effects
cross join proof
