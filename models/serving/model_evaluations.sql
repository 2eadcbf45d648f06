with

recommender_evaluations as (

    select * from {{ ref('eval_recommenders') }}

),

next_title_evaluations as (

    select * from {{ ref('eval_next_titles') }}

),

churn_evaluations as (

    select * from {{ ref('eval_churn_models') }}

),

segment_evaluations as (

    select * from {{ ref('eval_segments') }}

),

sentiment_evaluations as (

    select * from {{ ref('eval_sentiments') }}

),

sentiment_forecast_evaluations as (

    select * from {{ ref('eval_sentiment_forecasts') }}

),

ad_evaluations as (

    select * from {{ ref('eval_ad_models') }}

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

sentiment_decisions as (

    select * from {{ ref('eval_sentiment_decisions') }}

),

sentiment_forecast_decisions as (

    select * from {{ ref('eval_sentiment_forecast_decisions') }}

),

ad_decisions as (

    select * from {{ ref('eval_ad_decisions') }}

),

evaluations as (

    select * from recommender_evaluations
    union all
    select * from next_title_evaluations
    union all
    select * from churn_evaluations
    union all
    select * from segment_evaluations
    union all
    select * from sentiment_evaluations
    union all
    select * from sentiment_forecast_evaluations
    union all
    select * from ad_evaluations

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
