-- What became of subscriptions within the horizon, as it was known when the extract had come that shows its
-- last day; what is corrected later changes no label. The decision counts, not the end of what is paid for:
-- that is what an offer could have prevented. Whoever had cancelled before the snapshot day, as was known then
-- or learned since, is not asked about.

with

states as (

    select * from {{ ref('feat_customer_states') }}

),

horizons as (

    select * from {{ ref('label_horizons') }}

),

versions as (

    select * from {{ ref('int_subscription_versions') }}

),

told as (

    select
        horizons.as_of_date,
        horizons.horizon_end_date,
        horizons.cancellations_known_date as label_known_date,
        versions.subscription_id,
        versions.customer_id,
        versions.cancellation_type,
        versions.subscribed_at,
        versions.ended_at,
        -- What left the extracts had ended at the first one without it.
        coalesce(
            versions.cancelled_at,
            versions.ended_at,
            case
                when versions.valid_to_date < horizons.cancellations_known_date
                    then cast(versions.valid_to_date as timestamp(6))
            end
        ) as left_at,
        row_number() over (
            partition by horizons.as_of_date, versions.subscription_id
            order by versions.valid_from_date desc
        ) as recency_rank
    from versions
    inner join horizons
        on versions.valid_from_date < horizons.cancellations_known_date

),

held as (

    select
        *,
        subscribed_at < cast(as_of_date as timestamp(6)) as is_held,
        coalesce(left_at < cast(horizon_end_date as timestamp(6)), false) as is_left,
        row_number() over (
            partition by as_of_date, customer_id, subscribed_at < cast(as_of_date as timestamp(6))
            order by left_at desc, subscription_id asc
        ) as last_left_rank
    from told
    where
        recency_rank = 1
        and subscribed_at < cast(horizon_end_date as timestamp(6))
        and (left_at is null or left_at >= cast(as_of_date as timestamp(6)))

),

outcomes as (

    select
        customer_id,
        as_of_date,
        label_known_date,
        max(case when is_held and last_left_rank = 1 then cancellation_type end) as cancellation_type,
        min(case when is_held and is_left then 1 when is_held then 0 end) as is_left,
        max(case when is_held then left_at end) as left_at,
        max(case when is_held then coalesce(ended_at, left_at) end) as service_ended_at,
        min(case when not is_held then subscribed_at end) as next_subscribed_at
    from held
    group by customer_id, as_of_date, label_known_date

),

-- Another subscription that begins no later than the old one runs out is a change, not a loss.
judged as (

    select
        *,
        is_left = 1 and coalesce(next_subscribed_at > service_ended_at, true) as is_churned
    from outcomes
    where is_left is not null

)

select
    judged.customer_id,
    judged.as_of_date,
    case
        when not judged.is_churned then null
        when judged.cancellation_type = 'involuntary' then 'payment_failure'
        else 'voluntary'
    end as churn_type,
    judged.is_churned,
    judged.label_known_date,
    case when judged.is_churned then judged.left_at end as churned_at
from judged
inner join states
    on
        judged.customer_id = states.customer_id
        and judged.as_of_date = states.as_of_date
where not states.is_cancelled
