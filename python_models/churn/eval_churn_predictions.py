from marquee.ml.churn import ModelSpecification, predict_held_back


def model(dbt, session):
    dbt.config(materialized="table")
    return predict_held_back(
        snapshots=dbt.ref("feat_customer_snapshots").to_arrow_table(),
        labels=dbt.ref("label_customer_churn").to_arrow_table(),
        artifacts=dbt.ref("train_churn_models").to_arrow_table(),
        decisions=dbt.ref("eval_churn_decisions").to_arrow_table(),
        specification=ModelSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
