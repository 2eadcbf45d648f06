"""Rows of evaluations: one shape for all kinds of models, for the registry keeps them together."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pyarrow as pa

from marquee.ml.intervals import Estimate

# Metrics by which decisions know the version that the registry names, and who is better than it.
GAIN_OVER_CHAMPION, REGISTERED_CHAMPION = "gain_over_champion", "registered_champion"
_FIGURE_TYPE = pa.decimal128(12, 8)
_FIGURES = (
    "value",
    "lower_bound",
    "upper_bound",
    "baseline_value",
    "difference",
    "difference_lower_bound",
    "difference_upper_bound",
)
EVALUATION_SCHEMA = pa.schema(
    [
        ("model_name", pa.string()),
        ("model_version", pa.string()),
        ("algorithm", pa.string()),
        ("split", pa.string()),
        ("metric", pa.string()),
        ("customer_count", pa.int64()),
        *[(figure, _FIGURE_TYPE) for figure in _FIGURES],
        ("training_row_count", pa.int64()),
        ("training_fingerprint", pa.string()),
        ("specification", pa.string()),
        ("package_versions", pa.string()),
        ("code_version", pa.string()),
    ]
)
EVALUATION_ORDER = [
    ("model_name", "ascending"),
    ("algorithm", "ascending"),
    ("model_version", "ascending"),
    ("split", "ascending"),
    ("metric", "ascending"),
]


def evaluation_row(identity: Mapping[str, Any], split: str, figures: Estimate) -> dict[str, Any]:
    """Gives a row of EVALUATION_SCHEMA, its figures rounded once.

    Args:
        identity: Columns that say which version it is.
        split: Rows that were trained on and tested with.
        figures: The figures.
    """
    row = {**identity, **asdict(figures), "split": split}
    for name in _FIGURES:
        if row[name] is not None:
            row[name] = round(Decimal(row[name]), _FIGURE_TYPE.scale)
    return row


def registered_rows(
    evaluations: pa.Table | None, wanted: Collection[tuple[str, str]]
) -> pa.Table | None:
    """Gives what the registry holds, if it covers all that is wanted.

    Args:
        evaluations: Table of EVALUATION_SCHEMA, perhaps with further versions; None for none.
        wanted: Versions and splits, each a pair.

    Returns:
        Table of EVALUATION_SCHEMA, sorted, or None if any pair lacks.
    """
    if evaluations is None:
        return None
    rows = {
        (row["model_version"], row["split"], row["metric"]): row
        for row in evaluations.select(EVALUATION_SCHEMA.names).to_pylist()
        if (row["model_version"], row["split"]) in wanted
    }
    if {(version, split) for version, split, _ in rows} != set(wanted):
        return None
    return pa.Table.from_pylist(list(rows.values()), schema=EVALUATION_SCHEMA).sort_by(
        EVALUATION_ORDER
    )
