from marquee.ml.recommendation import RecommenderSpecification, score_segments


def model(dbt, session):
    dbt.config(materialized="table")
    return score_segments(
        interactions=dbt.ref("feat_customer_title_interactions").to_arrow_table(),
        customer_segments=dbt.ref("score_customer_segments").to_arrow_table(),
        specification=RecommenderSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
