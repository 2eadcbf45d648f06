from marquee.ml.ads import score_midrolls


def model(dbt, session):
    dbt.config(materialized="table")
    return score_midrolls(
        impressions=dbt.ref("train_ad_impressions").to_arrow_table(),
        artifacts=dbt.ref("train_ad_models").to_arrow_table(),
        decisions=dbt.ref("eval_ad_decisions").to_arrow_table(),
        active_days=int(dbt.config.meta_get("active_days")),
    )
