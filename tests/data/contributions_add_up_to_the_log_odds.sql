with

scores as (

    select * from {{ ref('score_customer_churn') }}

),

contributions as (

    select * from {{ ref('score_churn_contributions') }}

),

sums as (

    select
        customer_id,
        cast(sum(contribution) as decimal(38, 12)) as contribution
    from contributions
    group by customer_id

)

select
    scores.customer_id,
    scores.log_odds,
    scores.base_log_odds,
    sums.contribution
from scores
left join sums
    on scores.customer_id = sums.customer_id
where
    abs(scores.base_log_odds + coalesce(sums.contribution, 0) - scores.log_odds)
    > cast('0.000000001' as decimal(18, 12))
