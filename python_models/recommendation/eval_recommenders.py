from marquee.ml.recommendation import RecommenderSpecification, evaluate_recommenders


def model(dbt, session):
    dbt.config(materialized="table")
    return evaluate_recommenders(
        interactions=dbt.ref("feat_customer_title_interactions").to_arrow_table(),
        specification=RecommenderSpecification.from_mapping(dbt.config.meta_get("specification")),
        registered_evaluations=dbt.source("marquee", "model_evaluations").to_arrow_table(),
        title_genres=dbt.ref("feat_title_genres").to_arrow_table(),
    )
