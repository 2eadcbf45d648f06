"""Rows of evaluations: one shape for all kinds of models, for the registry keeps them together."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pyarrow as pa

from marquee.ml.intervals import Estimate

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
