-- Whoever has a label has features, was not gone, and left in the horizon or not at all.

with

labels as (

    select * from {{ ref('label_customer_churn') }}

),

snapshots as (

    select * from {{ ref('feat_customer_snapshots') }}

),

horizons as (

    select * from {{ ref('label_horizons') }}

)

select
    labels.customer_id,
    labels.as_of_date
from labels
left join snapshots
    on
        labels.customer_id = snapshots.customer_id
        and labels.as_of_date = snapshots.as_of_date
left join horizons
    on labels.as_of_date = horizons.as_of_date
where
    snapshots.customer_id is null
    or snapshots.is_cancelled
    or labels.label_known_date < horizons.horizon_end_date
    or labels.is_churned <> (labels.churn_type is not null)
    or labels.is_churned <> (labels.churned_at is not null)
    or labels.churned_at < cast(labels.as_of_date as timestamp(6))
    or labels.churned_at >= cast(horizons.horizon_end_date as timestamp(6))
