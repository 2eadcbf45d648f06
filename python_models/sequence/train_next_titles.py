from marquee.ml.champions import champion_algorithm
from marquee.ml.sequence import SequenceSpecification, fit_next_titles


def model(dbt, session):
    dbt.config(materialized="table")
    decisions = dbt.ref("eval_recommender_decisions").to_arrow_table()
    return fit_next_titles(
        interactions=dbt.ref("feat_customer_title_interactions").to_arrow_table(),
        algorithm=champion_algorithm(decisions, "next_title", default="markov"),
        specification=SequenceSpecification.from_mapping(dbt.config.meta_get("specification")),
        registered_parameters=dbt.ref("train_registered_parameters").to_arrow_table(),
    )
