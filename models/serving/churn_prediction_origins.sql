-- Why somebody got a probability: which version gave it, and what that version saw. By version and snapshot
-- day catalog.prediction_source_files has the files. A view on DuckDB: publishing copies it anyway.

with

scores as (

    select * from {{ ref('score_customer_churn') }}

),

decisions as (

    select * from {{ ref('eval_churn_decisions') }}

)

select
    scores.customer_id,
    decisions.model_name,
    scores.model_version,
    decisions.algorithm,
    decisions.training_fingerprint,
    decisions.specification,
    decisions.package_versions,
    decisions.code_version,
    scores.feature_values,
    scores.churn_probability,
    scores.log_odds,
    scores.as_of_date
from scores
inner join decisions
    on scores.model_version = decisions.model_version
