from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from marquee.ml.churn import (
    EVALUATION_SCHEMA,
    HELD_BACK_SCHEMA,
    evaluate_churn_models,
    predict_held_back,
    train_churn_models,
)

from .cases import (
    DATES,
    LABEL_SCHEMA,
    decisions,
    registered,
    service,
    shuffled,
    specification,
    version_of,
)

Rows = dict[tuple[str, str, str], dict[str, Any]]


def by_key(evaluations: pa.Table) -> Rows:
    return {(row["algorithm"], row["split"], row["metric"]): row for row in evaluations.to_pylist()}


@pytest.fixture(scope="module")
def trained() -> pa.Table:
    return train_churn_models(*service(), specification())


@pytest.fixture(scope="module")
def evaluated(trained: pa.Table) -> Rows:
    found = evaluate_churn_models(*service(), trained, specification())
    assert found.schema == EVALUATION_SCHEMA
    return by_key(found)


DATE = "date_2026-04-01"


def test_models_beat_the_baseline_beyond_the_interval(evaluated: Rows) -> None:
    for algorithm in ("logistic_regression", "gradient_boosting"):
        row = evaluated[algorithm, DATE, "auc"]
        assert row["customer_count"] == 300
        assert row["baseline_value"] == Decimal("0.5")
        assert row["difference_lower_bound"] > 0
        assert row["lower_bound"] < row["value"] < row["upper_bound"]
    assert evaluated["constant", DATE, "auc"]["baseline_value"] is None


def test_small_slices_say_how_small_they_are(evaluated: Rows) -> None:
    counts = {
        metric.partition(":")[2]: row["customer_count"]
        for (algorithm, _, metric), row in evaluated.items()
        if algorithm == "constant" and metric.startswith("brier:")
    }
    assert counts["plan_id=basic"] + counts["plan_id=premium"] == 300
    assert counts["tenure_days=below 30"] == 49  # one fewer than the minimum
    assert evaluated["constant", DATE, "brier:tenure_days=below 30"]["value"] is None
    assert evaluated["constant", DATE, "brier:tenure_days=30-89"]["value"] is not None


def test_criteria_compare_with_their_minimum(evaluated: Rows) -> None:
    auc = evaluated["logistic_regression", DATE, "auc"]
    row = evaluated["logistic_regression", DATE, "technical_criterion"]
    assert (row["value"], row["baseline_value"]) == (auc["value"], Decimal("0.6"))
    assert row["difference"] == auc["value"] - Decimal("0.6")
    assert evaluated["constant", DATE, "business_criterion"]["difference"] < 0


def test_folds_are_splits_of_their_own(evaluated: Rows) -> None:
    folds = [evaluated["gradient_boosting", f"fold_{fold}", "auc"] for fold in (1, 2, 3)]
    assert sum(row["customer_count"] for row in folds) == 900
    assert all(row["training_row_count"] == 900 for row in folds)


def test_challengers_are_compared_with_the_registered_champion(trained: pa.Table) -> None:
    champion = version_of(trained, "logistic_regression")
    found = evaluate_churn_models(
        *(shuffled(table, 4) for table in service()),
        trained,
        specification(),
        registered(trained, champion),
    )
    rows = by_key(found)
    own = rows["logistic_regression", DATE, "registered_champion"]
    assert own["value"] == rows["logistic_regression", DATE, "auc"]["value"]
    gain = rows["gradient_boosting", DATE, "gain_over_champion"]
    assert gain["baseline_value"] == own["value"]
    assert gain["difference_lower_bound"] < gain["difference"] < gain["difference_upper_bound"]
    assert ("logistic_regression", DATE, "gain_over_champion") not in rows


def test_an_unknown_criterion_is_named(trained: pa.Table) -> None:
    criteria = {
        "technical": {"metric": "f1", "minimum": 0.5},
        "business": {"metric": "auc", "minimum": 0.5},
    }
    with pytest.raises(ValueError, match="technical_criterion asks for f1"):
        evaluate_churn_models(*service(), trained, specification(success_criteria=criteria))


def test_too_few_to_judge_say_so() -> None:
    tables = service(customers=5)
    artifacts = train_churn_models(*tables, specification())
    found = evaluate_churn_models(*tables, artifacts, specification())
    assert {row["split"] for row in found.to_pylist()} == {"none_2026-04-01"}
    assert {row["customer_count"] for row in found.to_pylist()} == {0}
    assert {row["value"] for row in found.to_pylist()} == {None}


def test_nothing_trained_is_nothing_evaluated(trained: pa.Table) -> None:
    snapshots, _ = service()
    found = evaluate_churn_models(
        snapshots, LABEL_SCHEMA.empty_table(), trained.slice(0, 0), specification()
    )
    assert found.num_rows == 0
    assert found.schema == EVALUATION_SCHEMA


def test_what_the_champion_would_have_said_is_of_the_rows_held_back(trained: pa.Table) -> None:
    version = version_of(trained, "logistic_regression")
    found = predict_held_back(*service(), trained, decisions(trained, version), specification())
    assert found.schema == HELD_BACK_SCHEMA
    assert found.num_rows == 300
    assert set(found["as_of_date"].to_pylist()) == {DATES[-2]}
    nobody = predict_held_back(*service(), trained, decisions(trained, "none"), specification())
    assert nobody.equals(HELD_BACK_SCHEMA.empty_table())
