from marquee.ml.sentiment import ForecastSpecification, forecast_entities


def model(dbt, session):
    dbt.config(materialized="table")
    return forecast_entities(
        days=dbt.ref("score_entity_sentiment_days").to_arrow_table(),
        specification=ForecastSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
