from marquee.ml.churn import ModelSpecification, measure_churn_drifts


def model(dbt, session):
    dbt.config(materialized="table")
    return measure_churn_drifts(
        snapshots=dbt.ref("feat_customer_snapshots").to_arrow_table(),
        artifacts=dbt.ref("train_churn_models").to_arrow_table(),
        specification=ModelSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
