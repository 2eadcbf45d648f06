from marquee.ml.sentiment import SentimentSpecification, score_posts


def model(dbt, session):
    dbt.config(materialized="table")
    return score_posts(
        texts=dbt.ref("feat_post_texts").to_arrow_table(),
        artifacts=dbt.ref("train_sentiments").to_arrow_table(),
        decisions=dbt.ref("eval_sentiment_decisions").to_arrow_table(),
        specification=SentimentSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
