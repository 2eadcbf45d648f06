from marquee.ml.churn import explain_churn


def model(dbt, session):
    dbt.config(materialized="table")
    return explain_churn(
        snapshots=dbt.ref("feat_customer_snapshots").to_arrow_table(),
        artifacts=dbt.ref("train_churn_models").to_arrow_table(),
        decisions=dbt.ref("eval_churn_decisions").to_arrow_table(),
    )
