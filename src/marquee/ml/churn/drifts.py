"""How far the customers that are scored lie from those that each version was trained on."""

from typing import Any

import pyarrow as pa

from marquee.ml.artifacts import algorithm_of_rows, read_artifacts
from marquee.ml.churn.rows import latest_date, scored_rows
from marquee.ml.churn.training import CHURN
from marquee.ml.decimals import decimal_array, round_to_scale
from marquee.ml.tabular.artifacts import read_references
from marquee.ml.tabular.drift import FeatureDrift, measure_drift
from marquee.ml.tabular.features import read_features
from marquee.ml.tabular.specification import ModelSpecification

_DECIMAL = pa.decimal128(12, 8)
_FIGURES = (
    "stability_index",
    "chance_index",
    "moved_index",
    "drifted_index",
    "training_missing_rate",
    "scored_missing_rate",
    "missing_rate_difference",
    "moved_missing_difference",
    "drifted_missing_difference",
)
DRIFT_SCHEMA = pa.schema(
    [
        *[
            (name, pa.string())
            for name in ("model_name", "model_version", "feature", "algorithm", "drift_status")
        ],
        ("training_row_count", pa.int64()),
        ("scored_customer_count", pa.int64()),
        *[(name, _DECIMAL) for name in _FIGURES],
        ("is_ignored", pa.bool_()),
        ("as_of_date", pa.date32()),
    ]
)


def measure_churn_drifts(
    snapshots: pa.Table, artifacts: pa.Table, specification: ModelSpecification
) -> pa.Table:
    """Compares the customers of the newest snapshot day with those of each version's training.

    Args:
        snapshots: Features, one row per customer_id and as_of_date, in any order.
        artifacts: What `train_churn_models` gave.
        specification: Settings.

    Returns:
        Table of DRIFT_SCHEMA, sorted by version and feature; a version that uses no feature, such
        as the baseline, has no rows. Figures are rounded once; the status follows from unrounded
        ones.
    """
    found = read_artifacts(artifacts)
    if not snapshots.num_rows:
        return DRIFT_SCHEMA.empty_table()
    day, rows = latest_date(snapshots), scored_rows(snapshots)
    table = []
    for version, own in found.items():
        references = read_references(own)
        scored = read_features(rows, [reference.feature for reference in references])
        for drift in measure_drift(references, scored, specification.drift):
            table.append(
                {
                    "model_name": CHURN,
                    "model_version": version,
                    "algorithm": algorithm_of_rows(own),
                    "as_of_date": day,
                    **_drift_row(drift, specification),
                }
            )
    return _table(table)


def _drift_row(drift: FeatureDrift, specification: ModelSpecification) -> dict[str, Any]:
    limits = specification.drift
    before = drift.training_missing_count / drift.training_count
    now = drift.scored_missing_count / drift.scored_count
    return {
        "feature": drift.feature,
        "drift_status": drift.status,
        "training_row_count": drift.training_count,
        "scored_customer_count": drift.scored_count,
        "stability_index": drift.stability_index,
        "chance_index": drift.chance_index,
        "moved_index": limits.moved_index,
        "drifted_index": limits.drifted_index,
        "training_missing_rate": before,
        "scored_missing_rate": now,
        "missing_rate_difference": now - before,
        "moved_missing_difference": limits.moved_missing_difference,
        "drifted_missing_difference": limits.drifted_missing_difference,
        "is_ignored": drift.feature in specification.drift_ignored_features,
    }


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    columns = []
    for field in DRIFT_SCHEMA:
        values = [row[field.name] for row in rows]
        if field.type == _DECIMAL:
            columns.append(decimal_array(round_to_scale(values, _DECIMAL.scale), _DECIMAL))
        else:
            columns.append(pa.array(values, field.type))
    return pa.table(columns, schema=DRIFT_SCHEMA)
