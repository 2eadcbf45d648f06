with

recommender_decisions as (

    select * from {{ ref('eval_recommender_decisions') }}

),

churn_decisions as (

    select * from {{ ref('eval_churn_decisions') }}

),

segment_decisions as (

    select * from {{ ref('eval_segment_decisions') }}

),

decisions as (

    select * from recommender_decisions
    union all
    select * from churn_decisions
    union all
    select * from segment_decisions

)

select
    model_name,
    model_version,
    algorithm,
    status,
    deciding_split,
    deciding_metric,
    training_fingerprint,
    specification,
    package_versions,
    code_version,
    training_row_count
from decisions
