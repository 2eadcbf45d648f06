-- What is the sentiment about titles, brands, properties and talents, and where is it heading?
-- Each entity that is forecast: how it stood on its last day with posts, its trend, and the middle day of the
-- coming week with the interval that held as often as coverage_rate says. The verdict tells whether the forecast
-- was better than saying that tomorrow is like the last day.

with

days as (

    select * from {{ ref('entity_sentiment_days') }}

),

forecasts as (

    select * from {{ ref('entity_sentiment_forecasts') }}
    where horizon_days = 4

),

ranked as (

    select
        *,
        row_number() over (partition by entity_type, entity_id order by sentiment_date desc) as recency_rank
    from days

)

select
    forecasts.entity_type,
    forecasts.entity_id,
    ranked.sentiment_date as last_sentiment_date,
    ranked.post_count_7d,
    ranked.sentiment_score_7d,
    ranked.sentiment_trend,
    forecasts.forecast_date,
    forecasts.forecast_score,
    forecasts.forecast_lower_bound,
    forecasts.forecast_upper_bound,
    forecasts.coverage_rate,
    forecasts.forecast_verdict
from forecasts
inner join ranked
    on
        forecasts.entity_type = ranked.entity_type
        and forecasts.entity_id = ranked.entity_id
where ranked.recency_rank = 1
order by ranked.sentiment_score_7d asc, forecasts.entity_type asc, forecasts.entity_id asc
