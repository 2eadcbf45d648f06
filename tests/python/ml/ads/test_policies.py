"""Off-policy values: the identity, known answers, and what the synthetic choice is worth."""

import csv
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.ads import evaluate_policies, score_midrolls, train_ad_models
from marquee.ml.ads.policies import policy_value
from tests.python.ml.ads.cases import decisions, impressions, specification

REAL_DATA = os.environ.get("MARQUEE_REAL_DATA")


@given(
    st.lists(
        st.tuples(st.booleans(), st.floats(1e-6, 1.0), st.integers(0, 5)), min_size=1, max_size=60
    )
)
def test_the_value_of_the_logging_policy_is_its_rate(
    rows: list[tuple[bool, float, int]],
) -> None:
    outcomes, propensities, groups = (np.array(column) for column in zip(*rows, strict=True))
    outcomes = outcomes.astype(np.float64)
    found = policy_value(outcomes, propensities, propensities, groups)
    assert abs(found.value - outcomes.mean()) < 1e-12
    assert found.normalised_value is not None
    assert abs(found.normalised_value - outcomes.mean()) < 1e-12
    assert found.effective_count == len(outcomes)


def test_known_weights_give_known_values() -> None:
    outcomes = np.array([1.0, 0.0, 1.0, 1.0])
    propensities = np.array([0.5, 0.5, 0.25, 0.25])
    always_second = np.array([0.0, 0.0, 1.0, 1.0])
    found = policy_value(outcomes, propensities, always_second, np.arange(4))
    assert (found.value, found.mean_weight, found.normalised_value) == (2.0, 2.0, 1.0)
    assert found.effective_count == 2.0
    never = policy_value(outcomes, propensities, np.zeros(4), np.arange(4))
    assert (never.value, never.normalised_value, never.effective_count) == (0.0, None, 0.0)


def test_impressions_of_one_customer_widen_the_interval() -> None:
    outcomes = np.tile([1.0, 1.0, 0.0, 0.0], 25)
    same = np.full(100, 0.5)
    alone = policy_value(outcomes, same, same, np.arange(100))
    together = policy_value(outcomes, same, same, np.repeat(np.arange(50), 2))
    assert together.upper_bound - together.value > 1.3 * (alone.upper_bound - alone.value)


def test_outcomes_that_are_all_alike_are_few_rather_than_certain():
    half = np.full(4, 0.5)
    found = policy_value(np.ones(4), half, half, np.arange(4))
    assert found.normalised_value == 1.0
    # Wilson's interval of four out of four.
    assert found.normalised_lower_bound == pytest.approx(0.5101, abs=1e-4)
    assert found.normalised_upper_bound == 1.0


def test_a_propensity_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="a propensity is 0"):
        policy_value(np.ones(2), np.array([0.5, 0.0]), np.ones(2), np.arange(2))


def test_the_recommended_choice_is_worth_more_than_chance() -> None:
    rows = impressions(6_000)
    artifacts = train_ad_models(rows, specification())
    midrolls = score_midrolls(rows, artifacts, decisions(artifacts, "logistic_regression"), 28)
    found = {
        row["policy_name"]: row
        for row in evaluate_policies(rows, midrolls, specification(), 28, 1).to_pylist()
    }
    assert set(found) == {"logged", "most served", "random", "recommended"}
    logged = found["logged"]
    assert logged["policy_value"] == logged["normalised_value"]
    assert logged["mean_weight"] == 1
    best = found["recommended"]
    assert best["normalised_lower_bound"] > found["random"]["normalised_value"]
    # What no segment was served often enough is recommended nowhere.
    nowhere = evaluate_policies(rows, midrolls, specification(), 28, 10_000).to_pylist()[-1]
    assert (nowhere["policy_name"], nowhere["normalised_value"]) == ("recommended", None)
    # Here everything was in question: the weights are 1 on average.
    assert abs(float(best["mean_weight"]) - 1) < 0.2


def test_nothing_known_gives_no_rows() -> None:
    rows = impressions(20)
    artifacts = train_ad_models(rows, specification())
    midrolls = score_midrolls(rows, artifacts, decisions(artifacts, "none"), 28)
    assert not midrolls.num_rows
    assert not evaluate_policies(rows, midrolls, specification(), 28, 1).num_rows
    without = rows.set_column(
        rows.column_names.index("serving_probability"),
        "serving_probability",
        pa.nulls(rows.num_rows, pa.decimal128(9, 8)),
    )
    assert not evaluate_policies(without, midrolls, specification(), 28, 1).num_rows


@pytest.mark.skipif(REAL_DATA is None, reason="MARQUEE_REAL_DATA is not set")
def test_the_identity_holds_on_real_clicks() -> None:
    """Open Bandit Dataset, random policy, men: 46 clicks, too few to claim more."""
    path = Path(str(REAL_DATA)) / "obd-random-men" / "men.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    clicks = np.array([float(row["click"]) for row in rows])
    propensities = np.array([float(row["propensity_score"]) for row in rows])
    assert (len(clicks), clicks.sum()) == (10_000, 46)
    found = policy_value(clicks, propensities, propensities, np.arange(len(clicks)))
    assert abs(found.value - clicks.mean()) < 1e-12
    assert found.normalised_value is not None
    assert abs(found.normalised_value - clicks.mean()) < 1e-12
