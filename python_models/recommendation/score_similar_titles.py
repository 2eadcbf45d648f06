from marquee.ml.recommendation import similar_titles


def model(dbt, session):
    dbt.config(materialized="table")
    return similar_titles(
        interactions=dbt.ref("feat_customer_title_interactions").to_arrow_table(),
        parameters=dbt.ref("train_recommenders").to_arrow_table(),
        title_genres=dbt.ref("feat_title_genres").to_arrow_table(),
        limit=int(dbt.config.meta_get("list_length")),
    )
