from marquee.ml.champions import champion_algorithm
from marquee.ml.recommendation import Audience, Catalogue, RecommenderSpecification, recommend


def model(dbt, session):
    dbt.config(materialized="table")
    decisions = dbt.ref("eval_recommender_decisions").to_arrow_table()
    return recommend(
        interactions=dbt.ref("feat_customer_title_interactions").to_arrow_table(),
        parameters=dbt.ref("train_champion_parameters").to_arrow_table(),
        champion_algorithm=champion_algorithm(decisions, "recommender", default="popularity"),
        audience=Audience(
            customers=dbt.ref("feat_customers").to_arrow_table(),
            customer_segments=dbt.ref("score_customer_segments").to_arrow_table(),
            territories=dbt.ref("score_territory_titles").to_arrow_table(),
            segments=dbt.ref("score_segment_titles").to_arrow_table(),
        ),
        catalogue=Catalogue(
            titles=dbt.ref("feat_titles").to_arrow_table(),
            licences=dbt.ref("feat_title_licences").to_arrow_table(),
            genres=dbt.ref("feat_title_genres").to_arrow_table(),
            attributes=dbt.ref("feat_title_attributes").to_arrow_table(),
            content_weights=dbt.ref("content_weights").to_arrow_table(),
            newness=dbt.ref("feat_title_newness").to_arrow_table(),
        ),
        specification=RecommenderSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
