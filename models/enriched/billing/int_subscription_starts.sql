-- When a plan of a subscription began is told by every extract from then on. The newest word
-- counts: a start that lies after one told later has been withdrawn, so that starts follow each
-- other as the extracts do. A subscription that left the extracts had ended at the first one
-- without it.

with

versions as (

    select * from {{ ref('int_subscription_versions') }}

),

ordered as (

    select
        *,
        lead(valid_from_date) over (
            partition by subscription_id
            order by valid_from_date asc
        ) as next_valid_from_date,
        min(plan_started_at) over (
            partition by subscription_id
            order by valid_from_date desc
            rows between unbounded preceding and 1 preceding
        ) as plan_started_at_told_later
    from versions

),

standing as (

    select
        *,
        case
            when next_valid_from_date = valid_to_date then null
            else cast(valid_to_date as timestamp(6))
        end as vanished_at
    from ordered
    where plan_started_at_told_later is null or plan_started_at <= plan_started_at_told_later

),

ranked as (

    select
        *,
        min(valid_from_date) over (
            partition by subscription_id, plan_started_at
        ) as first_seen_date,
        row_number() over (
            partition by subscription_id, plan_started_at
            order by valid_from_date desc
        ) as version_rank
    from standing

)

select
    subscription_id,
    customer_id,
    plan_id,
    currency_code,
    cancellation_type,
    cancellation_reason,
    vanished_at is not null as is_vanished,
    first_seen_date,
    last_seen_date,
    subscribed_at,
    plan_started_at,
    cancelled_at,
    case
        when vanished_at is null then ended_at
        else least(coalesce(ended_at, vanished_at), vanished_at)
    end as ended_at
from ranked
where version_rank = 1
