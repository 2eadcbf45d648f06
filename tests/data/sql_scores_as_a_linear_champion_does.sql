with

scores as (

    select * from {{ ref('score_customer_churn') }}

),

linear_scores as (

    select * from {{ ref('score_churn_linear') }}

)

select
    scores.customer_id,
    scores.log_odds,
    linear_scores.linear_log_odds
from scores
inner join linear_scores
    on
        scores.customer_id = linear_scores.customer_id
        and scores.model_version = linear_scores.model_version
where abs(scores.log_odds - linear_scores.linear_log_odds) > cast('0.000000001' as decimal(18, 12))
