from marquee.ml.churn import ModelSpecification, evaluate_churn_models


def model(dbt, session):
    dbt.config(materialized="table")
    return evaluate_churn_models(
        snapshots=dbt.ref("feat_customer_snapshots").to_arrow_table(),
        labels=dbt.ref("label_customer_churn").to_arrow_table(),
        artifacts=dbt.ref("train_churn_models").to_arrow_table(),
        specification=ModelSpecification.from_mapping(dbt.config.meta_get("specification")),
        registered=dbt.ref("train_registered_churn_models").to_arrow_table(),
    )
