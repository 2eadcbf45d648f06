from marquee.ml.segmentation import SegmentSpecification, evaluate_segments


def model(dbt, session):
    dbt.config(materialized="table")
    return evaluate_segments(
        tastes=dbt.ref("feat_customer_tastes").to_arrow_table(),
        rule_segments=dbt.ref("feat_customer_rule_segments").to_arrow_table(),
        artifacts=dbt.ref("train_segments").to_arrow_table(),
        specification=SegmentSpecification.from_mapping(dbt.config.meta_get("specification")),
        registered=dbt.ref("train_registered_segments").to_arrow_table(),
    )
