from marquee.ml.ads import ModelSpecification, evaluate_policies


def model(dbt, session):
    dbt.config(materialized="table")
    return evaluate_policies(
        impressions=dbt.ref("train_ad_impressions").to_arrow_table(),
        midrolls=dbt.ref("score_midrolls").to_arrow_table(),
        specification=ModelSpecification.from_mapping(dbt.config.meta_get("specification")),
        active_days=int(dbt.config.meta_get("active_days")),
        minimum_impressions=int(dbt.config.meta_get("minimum_impressions")),
    )
