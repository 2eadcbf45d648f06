from marquee.ml.ads import ModelSpecification, evaluate_ad_models


def model(dbt, session):
    dbt.config(materialized="table")
    return evaluate_ad_models(
        impressions=dbt.ref("train_ad_impressions").to_arrow_table(),
        artifacts=dbt.ref("train_ad_models").to_arrow_table(),
        specification=ModelSpecification.from_mapping(dbt.config.meta_get("specification")),
        registered=dbt.ref("train_registered_ad_models").to_arrow_table(),
    )
