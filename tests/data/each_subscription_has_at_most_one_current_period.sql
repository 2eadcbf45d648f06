-- And it is the last one.

with

periods as (

    select * from {{ ref('fct_subscription_periods') }}

)

select
    subscription_id,
    count(*) as period_count,
    count(case when is_current then 1 end) as current_period_count
from periods
group by subscription_id
having
    count(case when is_current then 1 end) > 1
    or max(case when is_current then period_number end) < max(period_number)
    or max(period_number) <> count(*)
