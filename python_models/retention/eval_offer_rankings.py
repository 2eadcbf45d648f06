from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.uplift import compare_rankings


def model(dbt, session):
    dbt.config(materialized="table")
    return compare_rankings(
        offers=dbt.ref("label_retention_offers").to_arrow_table(),
        predictions=dbt.ref("eval_offer_predictions").to_arrow_table(),
        specification=ModelSpecification.from_mapping(dbt.config.meta_get("specification")),
    )
