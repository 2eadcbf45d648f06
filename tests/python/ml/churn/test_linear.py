"""Terms that SQL adds up are the linear model, and the version is the one that deserves it."""

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from marquee.ml.churn import TERM_SCHEMA, linear_terms, linear_version, train_churn_models
from marquee.ml.tabular.artifacts import INTERCEPT, ArtifactRow, read_model
from marquee.ml.tabular.features import read_features

from .cases import decisions, service, specification, version_of

LINEAR = "logistic_regression"


def decided(*rows: tuple[str, str, str, str | None]) -> pa.Table:
    """Decisions of version, algorithm, status and deciding value."""
    named: list[dict[str, Any]] = [
        {
            "model_name": "churn",
            "model_version": version,
            "algorithm": algorithm,
            "status": status,
            "deciding_value": None if value is None else Decimal(value),
        }
        for version, algorithm, status, value in rows
    ]
    return pa.Table.from_pylist(named)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("t", "gradient_boosting", "champion", "0.9")], None),
        ([("a", LINEAR, "champion", "0.6"), ("b", LINEAR, "challenger", "0.7")], "a"),
        ([("a", LINEAR, "rejected", "0.8"), ("b", LINEAR, "challenger", "0.7")], "b"),
        ([("a", LINEAR, "challenger", "0.6"), ("b", LINEAR, "challenger", "0.7")], "b"),
        ([("a", LINEAR, "challenger", None), ("b", LINEAR, "challenger", "0.1")], "b"),
        ([("b", LINEAR, "rejected", "0.7"), ("a", LINEAR, "rejected", "0.7")], "a"),
    ],
)
def test_the_best_linear_version_is_chosen(
    rows: list[tuple[str, str, str, str | None]], expected: str | None
) -> None:
    assert linear_version(decided(*rows)) == expected
    assert linear_version(decided(*reversed(rows))) == expected


def test_terms_add_up_to_the_log_odds() -> None:
    snapshots, labels = service()
    artifacts = train_churn_models(snapshots, labels, specification())
    version = version_of(artifacts, LINEAR)
    terms = linear_terms(artifacts, decided((version, LINEAR, "champion", "0.7")))
    assert terms.schema == TERM_SCHEMA
    assert set(terms["model_version"].to_pylist()) == {version}
    weights = {
        (row["feature"], row["term"], row["category"]): row["weight"] for row in terms.to_pylist()
    }
    assert all(weights[key] for key in weights if key[0] != INTERCEPT)

    rows = artifacts.filter(pc.field("model_version") == version).to_pylist()
    model = read_model(ArtifactRow(*(row[name] for name in ArtifactRow._fields)) for row in rows)
    features = read_features(snapshots, model.encoding.features)
    margins = model.margins(features)[:, 0]
    found = []
    for row in snapshots.select(model.encoding.features).to_pylist():
        total = weights[INTERCEPT, INTERCEPT, ""]
        for name, value in row.items():
            if value is None:
                total += weights.get((name, "missing", ""), Decimal(0))
            elif isinstance(value, str):
                total += weights.get((name, "category", value), Decimal(0))
            else:
                total += weights.get((name, "value", ""), Decimal(0)) * value
        found.append(float(total))
    assert np.abs(np.array(found) - margins).max() < 1e-12


def test_without_a_linear_version_there_are_no_terms() -> None:
    artifacts = train_churn_models(*service(customers=30), specification(minimum_outcomes=1000))
    version = version_of(artifacts, "constant")
    chosen = decisions(artifacts, version).append_column("algorithm", pa.array(["constant"]))
    found = linear_terms(artifacts, chosen.append_column("deciding_value", pa.nulls(1)))
    assert found.schema == TERM_SCHEMA
    assert found.num_rows == 0
