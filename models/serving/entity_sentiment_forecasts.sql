-- What the coming days bring, beside how such forecasts have done: the back-test of the same build.

with

forecasts as (

    select * from {{ ref('score_entity_sentiment_forecasts') }}

),

evaluations as (

    select * from {{ ref('eval_sentiment_forecasts') }}

),

measures as (

    select
        model_version,
        max(case when metric = 'coverage_80' then value end) as coverage_rate,
        max(case when metric = 'rmse' then value end) as forecast_rmse,
        max(case when metric = 'rmse' then baseline_value end) as naive_rmse
    from evaluations
    group by model_version

)

select
    forecasts.entity_type,
    forecasts.entity_id,
    forecasts.forecast_date,
    forecasts.model_version,
    forecasts.forecast_verdict,
    forecasts.horizon_days,
    forecasts.forecast_score,
    forecasts.forecast_lower_bound,
    forecasts.forecast_upper_bound,
    measures.coverage_rate,
    measures.forecast_rmse,
    measures.naive_rmse,
    forecasts.as_of_date
from forecasts
inner join measures
    on forecasts.model_version = measures.model_version
