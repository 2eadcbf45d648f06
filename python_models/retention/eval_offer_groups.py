from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.uplift import uplift_by_group


def model(dbt, session):
    dbt.config(materialized="table")
    return uplift_by_group(
        offers=dbt.ref("label_retention_offers").to_arrow_table(),
        snapshots=dbt.ref("feat_customer_snapshots").to_arrow_table(),
        predictions=dbt.ref("eval_offer_predictions").to_arrow_table(),
        segments=dbt.ref("score_offer_segments").to_arrow_table(),
        risk_bands=dbt.ref("churn_risk_bands").to_arrow_table(),
        specification=ModelSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
