with

churn_drifts as (

    select * from {{ ref('eval_churn_drifts') }}

)

select
    model_name,
    model_version,
    feature,
    algorithm,
    drift_status,
    training_row_count,
    scored_customer_count,
    stability_index,
    chance_index,
    moved_index,
    drifted_index,
    training_missing_rate,
    scored_missing_rate,
    missing_rate_difference,
    moved_missing_difference,
    drifted_missing_difference,
    is_ignored,
    as_of_date
from churn_drifts
