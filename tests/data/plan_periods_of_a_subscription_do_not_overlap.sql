with

periods as (

    select * from {{ ref('fct_subscription_periods') }}

),

followed as (

    select
        *,
        lead(started_at) over (
            partition by subscription_id
            order by period_number asc
        ) as next_started_at
    from periods

)

select
    subscription_id,
    period_number,
    started_at,
    ended_at,
    next_started_at
from followed
where
    ended_at < started_at
    or next_started_at <= started_at
    or next_started_at < ended_at
    or (next_started_at is not null and ended_at is null)
