from marquee.ml.recommendation import RecommenderSpecification, score_territories


def model(dbt, session):
    dbt.config(materialized="table")
    return score_territories(
        interactions=dbt.ref("feat_customer_title_interactions").to_arrow_table(),
        customers=dbt.ref("feat_customers").to_arrow_table(),
        specification=RecommenderSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
