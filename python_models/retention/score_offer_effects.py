from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.uplift import score_offer_effects


def model(dbt, session):
    dbt.config(materialized="table")
    return score_offer_effects(
        scores=dbt.ref("score_customer_churn").to_arrow_table(),
        offers=dbt.ref("label_retention_offers").to_arrow_table(),
        predictions=dbt.ref("eval_offer_predictions").to_arrow_table(),
        snapshots=dbt.ref("feat_customer_snapshots").to_arrow_table(),
        genre_shares=dbt.ref("feat_customer_genre_shares").to_arrow_table(),
        specification=ModelSpecification.from_mapping(dbt.config.meta_get("specification")),
        effect_features=dbt.config.meta_get("effect_features"),
    )
