from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.uplift import predict_offers


def model(dbt, session):
    dbt.config(materialized="table")
    return predict_offers(
        offers=dbt.ref("label_retention_offers").to_arrow_table(),
        snapshots=dbt.ref("feat_customer_snapshots").to_arrow_table(),
        labels=dbt.ref("label_customer_churn").to_arrow_table(),
        genre_shares=dbt.ref("feat_customer_genre_shares").to_arrow_table(),
        specification=ModelSpecification.from_mapping(dbt.config.meta_get("specification")),
        effect_features=dbt.config.meta_get("effect_features"),
    )
