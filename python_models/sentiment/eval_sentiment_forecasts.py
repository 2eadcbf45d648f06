from marquee.ml.sentiment import ForecastSpecification, evaluate_forecasts


def model(dbt, session):
    dbt.config(materialized="table")
    return evaluate_forecasts(
        days=dbt.ref("score_entity_sentiment_days").to_arrow_table(),
        specification=ForecastSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
