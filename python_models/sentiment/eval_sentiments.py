from marquee.ml.sentiment import SentimentSpecification, evaluate_sentiments


def model(dbt, session):
    dbt.config(materialized="table")
    return evaluate_sentiments(
        labels=dbt.ref("feat_sentiment_labels").to_arrow_table(),
        texts=dbt.ref("feat_post_texts").to_arrow_table(),
        artifacts=dbt.ref("train_sentiments").to_arrow_table(),
        specification=SentimentSpecification.from_mapping(dbt.config.meta_get("specification")),
        registered=dbt.ref("train_registered_sentiments").to_arrow_table(),
    )
