from marquee.ml.churn import linear_terms


def model(dbt, session):
    dbt.config(materialized="table")
    return linear_terms(
        artifacts=dbt.ref("train_churn_models").to_arrow_table(),
        decisions=dbt.ref("eval_churn_decisions").to_arrow_table(),
    )
