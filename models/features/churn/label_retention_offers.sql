-- What became of customers within the horizon after an offer, whether they got it or were held out, by the
-- definition of churn labels. Whoever had left before the offer, has left for a reason that is not asked about or
-- holds no subscription has no outcome, and neither has a horizon that is not over. What the service knows of an
-- offer from the newest snapshot day on is no part of it.

with

offers as (

    select * from {{ ref('fct_retention_offers') }}

),

horizons as (

    select * from {{ ref('label_offer_horizons') }}

),

snapshot_dates as (

    select * from {{ ref('int_snapshot_dates') }}

),

versions as (

    select * from {{ ref('int_subscription_versions') }}

),

latest as (

    select as_of_date as latest_date
    from snapshot_dates
    where is_latest

),

offer_days as (

    select
        offered_date as as_of_date,
        horizon_end_date,
        cancellations_known_date
    from horizons

),

judged as (

    select
        *,
        case when cancellation_type = 'involuntary' then 'payment_failure' else 'voluntary' end as churn_type
    from {{ subscription_outcomes(told_subscriptions('versions', 'offer_days')) }} as outcomes

),

known_outcomes as (

    select
        offers.offer_id,
        offers.customer_id,
        offers.campaign_id,
        offers.offer_name,
        offers.treatment_probability,
        offers.is_treated,
        offers.offered_at,
        horizons.as_of_date,
        horizons.cancellations_known_date,
        judged.is_churned,
        coalesce(
            case
                when judged.is_churned
                    then
                        judged.left_at >= offers.offered_at
                        and judged.churn_type in (
                            {% for definition in var('churn_definitions') -%}
                                '{{ definition }}'{{ ', ' if not loop.last }}
                            {%- endfor %}
                        )
                else not judged.is_churned
            end, false
        ) as has_outcome
    from offers
    inner join horizons
        on horizons.offered_date = cast(offers.offered_at as date)
    cross join latest
    left join judged
        on
            offers.customer_id = judged.customer_id
            and horizons.offered_date = judged.as_of_date
    where offers.received_at < cast(latest.latest_date as timestamp(6))

)

select
    offer_id,
    customer_id,
    campaign_id,
    offer_name,
    treatment_probability,
    is_treated,
    case when has_outcome then is_churned end as is_churned,
    as_of_date,
    case when has_outcome then cancellations_known_date end as label_known_date,
    offered_at
from known_outcomes
