from marquee.ml.recommendation import RecommenderSpecification, similar_titles


def model(dbt, session):
    dbt.config(materialized="table")
    specification = RecommenderSpecification.from_mapping(dbt.config.meta_get("specification"))
    return similar_titles(
        interactions=dbt.ref("feat_customer_title_interactions").to_arrow_table(),
        parameters=dbt.ref("train_recommenders").to_arrow_table(),
        title_genres=dbt.ref("feat_title_genres").to_arrow_table(),
        titles=dbt.ref("feat_titles").to_arrow_table(),
        attributes=dbt.ref("feat_title_attributes").to_arrow_table(),
        content_weights=dbt.ref("content_weights").to_arrow_table(),
        config=specification.content,
        limit=specification.list_length,
    )
