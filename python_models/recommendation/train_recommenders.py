from marquee.ml.champions import champion_algorithm
from marquee.ml.recommendation import RecommenderSpecification, fit_recommenders


def model(dbt, session):
    dbt.config(materialized="table")
    decisions = dbt.ref("eval_recommender_decisions").to_arrow_table()
    champion = champion_algorithm(decisions, "recommender", default="popularity")
    return fit_recommenders(
        interactions=dbt.ref("feat_customer_title_interactions").to_arrow_table(),
        # Popularity fills the lists of new customers, neighbours answer "similar titles".
        algorithms=sorted({"popularity", "item_knn", champion}),
        specification=RecommenderSpecification.from_mapping(dbt.config.meta_get("specification")),
        registered_parameters=dbt.ref("train_registered_parameters").to_arrow_table(),
    )
