-- What became of subscriptions within the horizon, as it was known when the extract had come that shows its
-- last day; what is corrected later changes no label. The decision counts, not the end of what is paid for:
-- that is what an offer could have prevented. Whoever had cancelled before the snapshot day, as was known then
-- or learned since, is not asked about; nor are days before the first extract, which knew of no subscriptions.

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

judged as (

    select *
    from {{ subscription_outcomes(told_subscriptions('versions', 'horizons')) }} as outcomes

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
where states.has_subscription and not states.is_cancelled
