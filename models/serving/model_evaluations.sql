with

recommender_evaluations as (

    select * from {{ ref('eval_recommenders') }}

),

churn_evaluations as (

    select * from {{ ref('eval_churn_models') }}

),

segment_evaluations as (

    select * from {{ ref('eval_segments') }}

),

recommender_decisions as (

    select * from {{ ref('eval_recommender_decisions') }}

),

churn_decisions as (

    select * from {{ ref('eval_churn_decisions') }}

),

segment_decisions as (

    select * from {{ ref('eval_segment_decisions') }}

),

evaluations as (

    select * from recommender_evaluations
    union all
    select * from churn_evaluations
    union all
    select * from segment_evaluations

),

decisions as (

    select * from recommender_decisions
    union all
    select * from churn_decisions
    union all
    select * from segment_decisions

)

select
    evaluations.model_name,
    evaluations.model_version,
    evaluations.split,
    evaluations.metric,
    evaluations.algorithm,
    decisions.criterion,
    evaluations.training_fingerprint,
    evaluations.specification,
    evaluations.package_versions,
    evaluations.code_version,
    evaluations.customer_count,
    evaluations.training_row_count,
    evaluations.value,
    evaluations.lower_bound,
    evaluations.upper_bound,
    evaluations.baseline_value,
    evaluations.difference,
    evaluations.difference_lower_bound,
    evaluations.difference_upper_bound,
    decisions.is_met
from evaluations
left join decisions
    on
        evaluations.model_name = decisions.model_name
        and evaluations.model_version = decisions.model_version
        and evaluations.split = decisions.deciding_split
        and evaluations.metric = decisions.deciding_metric
