from marquee.ml.sequence import SequenceSpecification, evaluate_next_titles


def model(dbt, session):
    dbt.config(materialized="table")
    return evaluate_next_titles(
        interactions=dbt.ref("feat_customer_title_interactions").to_arrow_table(),
        specification=SequenceSpecification.from_mapping(dbt.config.meta_get("specification")),
        registered_evaluations=dbt.source("marquee", "model_evaluations").to_arrow_table(),
    )
