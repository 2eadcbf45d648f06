"""A public table of subscribers who left or stayed, through the same estimators as ours."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from marquee.ml.tabular.features import Features, read_features
from marquee.ml.tabular.metrics import BINARY_METRICS, binary_figures
from marquee.ml.tabular.models import predictions
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.tabular.splits import numbered_folds
from marquee.ml.tabular.targets import FAMILIES, Target, read_target
from marquee.ml.tabular.training import TrainingRows, train_candidates

FOLDS = 5
SPECIFICATION = ModelSpecification.from_mapping(
    {
        "objective": "Which subscribers of a telephone company left last month.",
        "decision": "None: it is a mark to beat.",
        "success_criteria": {
            "technical": {"metric": "auc", "minimum": 0.84},
            "business": {"metric": "lift_in_tenth_1", "minimum": 2.5},
        },
        "candidates": {
            "linear": {"penalty": [0.001, 0.003], "l1_share": [0.0, 0.5]},
            "boosting": {"leaves": [4], "rounds": [150, 300], "learning_rate": [0.03]},
        },
        "selection": {"method": "cross_validation"},
        "cadence": "always",
    }
)


def read_telco(folder: Path) -> tuple[Features, Target, np.ndarray]:
    """Features, target and fold of each subscriber; the fold follows from the id alone."""
    table = pa.csv.read_csv(
        folder / "telco-churn" / "Telco-Customer-Churn.csv",
        convert_options=pa.csv.ConvertOptions(column_types={"TotalCharges": pa.string()}),
    ).sort_by("customerID")
    charges = pc.utf8_trim_whitespace(table["TotalCharges"])
    known = pc.if_else(pc.equal(charges, ""), None, charges).cast(pa.float64())
    table = table.set_column(table.column_names.index("TotalCharges"), "TotalCharges", known)
    names = [name for name in table.column_names if name not in ("customerID", "Churn")]
    folds = [
        int(hashlib.sha256(customer.encode()).hexdigest()[:8], 16) % FOLDS
        for customer in table["customerID"].to_pylist()
    ]
    target = read_target(pc.equal(table["Churn"], "Yes"))
    return read_features(table, names), target, np.array(folds)


def cross_validated(folder: Path) -> dict[str, list[dict[str, float]]]:
    """Metrics by algorithm and fold; grid and calibration are chosen inside each training part."""
    features, target, folds = read_telco(folder)
    found: dict[str, list[dict[str, float]]] = {}
    for fold in numbered_folds(folds):
        count = int(fold.is_train.sum())
        rows = TrainingRows(
            features.take(fold.is_train),
            target.take(fold.is_train),
            np.arange(count),
            np.zeros(count, np.int64),
            np.zeros(count, np.int64),
        )
        for candidate in train_candidates(rows, FAMILIES, SPECIFICATION).values():
            margins = candidate.model.margins(features.take(fold.is_test))[:, 0]
            truth = target.take(fold.is_test).values
            figures = binary_figures(truth, predictions(margins, target.kind))
            values = figures(np.ones(len(truth))).tolist()
            found.setdefault(candidate.model.algorithm, []).append(
                dict(zip(BINARY_METRICS, values, strict=True))
            )
    return found
