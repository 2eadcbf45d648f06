-- A renewal of the same plan goes on with its period; a plan that begins after an end is new again.

with

starts as (

    select * from {{ ref('int_subscription_starts') }}

),

followed as (

    select
        *,
        lag(plan_id) over (
            partition by subscription_id
            order by plan_started_at asc
        ) as previous_plan_id,
        lag(currency_code) over (
            partition by subscription_id
            order by plan_started_at asc
        ) as previous_currency_code,
        lag(ended_at) over (
            partition by subscription_id
            order by plan_started_at asc
        ) as previous_ended_at
    from starts

),

judged as (

    select
        *,
        previous_plan_id is null and plan_started_at <= subscribed_at as is_first,
        coalesce(previous_ended_at <= plan_started_at, false) as is_return,
        coalesce(
            previous_plan_id <> plan_id
            or previous_currency_code <> currency_code
            or previous_ended_at <= plan_started_at,
            previous_plan_id is null
        ) as is_period_start
    from followed

),

numbered as (

    select
        *,
        cast(
            sum(case when is_period_start then 1 else 0 end) over (
                partition by subscription_id
                order by plan_started_at asc
                rows between unbounded preceding and current row
            ) as bigint
        ) as period_number,
        row_number() over (
            partition by subscription_id
            order by plan_started_at desc
        ) as start_rank
    from judged

),

first_starts as (

    select
        *,
        lead(plan_started_at) over (
            partition by subscription_id
            order by plan_started_at asc
        ) as next_started_at
    from numbered
    where is_period_start

),

last_starts as (

    select
        *,
        row_number() over (
            partition by subscription_id, period_number
            order by plan_started_at desc
        ) as state_rank
    from numbered

)

select
    first_starts.subscription_id,
    first_starts.period_number,
    last_starts.customer_id,
    last_starts.plan_id,
    last_starts.currency_code,
    case when not first_starts.is_return then first_starts.previous_plan_id end
        as previous_plan_id,
    case when not first_starts.is_return then first_starts.previous_currency_code end
        as previous_currency_code,
    last_starts.cancellation_type,
    last_starts.cancellation_reason,
    first_starts.is_first,
    first_starts.is_return,
    last_starts.start_rank = 1 as is_last,
    last_starts.is_vanished,
    first_starts.first_seen_date,
    last_starts.last_seen_date,
    first_starts.plan_started_at as started_at,
    -- A period ends no later than the next one begins, and never before it began itself.
    case
        when last_starts.ended_at is null
            then first_starts.next_started_at
        when first_starts.next_started_at < last_starts.ended_at
            then first_starts.next_started_at
        else greatest(last_starts.ended_at, first_starts.plan_started_at)
    end as ended_at,
    last_starts.cancelled_at
from first_starts
inner join last_starts
    on
        first_starts.subscription_id = last_starts.subscription_id
        and first_starts.period_number = last_starts.period_number
        and last_starts.state_rank = 1
