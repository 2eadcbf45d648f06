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

sentiment_decisions as (

    select * from {{ ref('eval_sentiment_decisions') }}

),

sentiment_forecast_decisions as (

    select * from {{ ref('eval_sentiment_forecast_decisions') }}

),

ad_decisions as (

    select * from {{ ref('eval_ad_decisions') }}

),

decisions as (

    select * from recommender_decisions
    union all
    select * from churn_decisions
    union all
    select * from segment_decisions
    union all
    select * from sentiment_decisions
    union all
    select * from sentiment_forecast_decisions
    union all
    select * from ad_decisions

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
