from marquee.ml.champions import champion_algorithm
from marquee.ml.sequence import SequenceSpecification, recommend_next_titles


def model(dbt, session):
    dbt.config(materialized="table")
    decisions = dbt.ref("eval_recommender_decisions").to_arrow_table()
    return recommend_next_titles(
        interactions=dbt.ref("feat_customer_title_interactions").to_arrow_table(),
        parameters=dbt.ref("train_next_titles").to_arrow_table(),
        champion_algorithm=champion_algorithm(decisions, "next_title", default="markov"),
        customers=dbt.ref("feat_customers").to_arrow_table(),
        titles=dbt.ref("feat_titles").to_arrow_table(),
        licences=dbt.ref("feat_title_licences").to_arrow_table(),
        specification=SequenceSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
