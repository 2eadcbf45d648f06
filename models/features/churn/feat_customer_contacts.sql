-- What customers asked of the service, in the states their cases had on the snapshot day, and which offers
-- they got.

with

windows as (

    select * from {{ ref('feat_snapshot_windows') }}

),

changes as (

    select * from {{ ref('int_service_case_changes') }}

),

offers as (

    select * from {{ ref('fct_retention_offers') }}

),

known_changes as (

    select
        changes.*,
        windows.as_of_date,
        windows.from_7d_date,
        windows.from_30d_date,
        windows.from_90d_date,
        row_number() over (
            partition by windows.as_of_date, changes.case_id
            order by changes.updated_at desc
        ) as recency_rank
    from changes
    inner join windows
        on changes.received_at < cast(windows.as_of_date as timestamp(6))

),

cases as (

    select
        customer_id,
        as_of_date,
        case_topic,
        satisfaction_score,
        opened_at >= cast(from_7d_date as timestamp(6)) as is_in_7d,
        opened_at >= cast(from_30d_date as timestamp(6)) as is_in_30d,
        opened_at >= cast(from_90d_date as timestamp(6)) as is_in_90d,
        case_status <> 'closed' as is_open
    from known_changes
    where recency_rank = 1

),

case_counts as (

    select
        customer_id,
        as_of_date,
        count(case when is_in_7d then 1 end) as service_case_count_7d,
        count(case when is_in_30d then 1 end) as service_case_count_30d,
        count(case when is_in_90d then 1 end) as service_case_count_90d,
        count(case when is_open then 1 end) as open_service_case_count,
        count(case when is_in_30d and case_topic = 'playback' then 1 end) as playback_case_count_30d,
        count(case when is_in_90d and case_topic = 'cancellation' then 1 end) as cancellation_case_count_90d,
        {{ exact_rate(
            'sum(case when is_in_90d then satisfaction_score end)',
            'count(case when is_in_90d then satisfaction_score end)', 8
        ) }} as mean_satisfaction_score_90d
    from cases
    group by customer_id, as_of_date

),

-- Whoever was held out was chosen all the same, for a risk that somebody saw.
offer_counts as (

    select
        offers.customer_id,
        windows.as_of_date,
        count(case when offers.offered_at >= cast(windows.from_30d_date as timestamp(6)) then 1 end)
            as retention_choice_count_30d,
        count(case when offers.offered_at >= cast(windows.from_90d_date as timestamp(6)) then 1 end)
            as retention_choice_count_90d,
        count(
            case
                when offers.is_treated and offers.offered_at >= cast(windows.from_90d_date as timestamp(6)) then 1
            end
        ) as retention_offer_count_90d,
        max(case when offers.is_treated then offers.offered_at end) as last_offered_at
    from offers
    inner join windows
        on offers.received_at < cast(windows.as_of_date as timestamp(6))
    group by offers.customer_id, windows.as_of_date

)

select
    coalesce(case_counts.customer_id, offer_counts.customer_id) as customer_id,
    coalesce(case_counts.as_of_date, offer_counts.as_of_date) as as_of_date,
    coalesce(case_counts.service_case_count_7d, 0) as service_case_count_7d,
    coalesce(case_counts.service_case_count_30d, 0) as service_case_count_30d,
    coalesce(case_counts.service_case_count_90d, 0) as service_case_count_90d,
    coalesce(case_counts.open_service_case_count, 0) as open_service_case_count,
    coalesce(case_counts.playback_case_count_30d, 0) as playback_case_count_30d,
    coalesce(case_counts.cancellation_case_count_90d, 0) as cancellation_case_count_90d,
    case_counts.mean_satisfaction_score_90d,
    coalesce(offer_counts.retention_choice_count_30d, 0) as retention_choice_count_30d,
    coalesce(offer_counts.retention_choice_count_90d, 0) as retention_choice_count_90d,
    coalesce(offer_counts.retention_offer_count_90d, 0) as retention_offer_count_90d,
    date_diff(
        'day',
        cast(offer_counts.last_offered_at as date),
        coalesce(case_counts.as_of_date, offer_counts.as_of_date)
    ) as days_since_last_retention_offer
from case_counts
full outer join offer_counts
    on
        case_counts.customer_id = offer_counts.customer_id
        and case_counts.as_of_date = offer_counts.as_of_date
