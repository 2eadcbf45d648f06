"""The family follows from the target, and nothing from the order of rows or from chance."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.tabular.artifacts import artifact_rows, number_text, read_model
from marquee.ml.tabular.features import Features, read_features
from marquee.ml.tabular.metrics import auc, fold_figures
from marquee.ml.tabular.screening import KEPT
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.tabular.splits import selection_folds
from marquee.ml.tabular.targets import FAMILIES, Target, read_target
from marquee.ml.tabular.training import TrainedCandidate, TrainingRows, train_candidates
from tests.python.ml.churn.cases import SETTINGS, specification
from tests.python.ml.tabular.telco import cross_validated


def rows_of(features: Features, target: Target) -> TrainingRows:
    count = features.row_count
    return TrainingRows(features, target, np.arange(count), np.arange(count), np.arange(count))


def features_of(count: int, seed: int = 1) -> Features:
    generator = np.random.default_rng(seed)
    numbers = {name: generator.normal(size=count) for name in ("first", "second", "third")}
    numbers["second"][generator.random(count) < 0.2] = np.nan
    return Features(count, numbers, {"plan": generator.choice(["a", "b", "c", ""], count)})


def target_of(features: Features, kind: str) -> Target:
    signal = features.numbers["first"] + (features.categories["plan"] == "a")
    noise = np.random.default_rng(9).normal(size=features.row_count)
    if kind == "binary":
        return read_target(pa.chunked_array([pa.array(signal + noise > 0.3)]))
    if kind == "numeric":
        return read_target(pa.chunked_array([pa.array(signal * 100.0 + 50.0 * noise)]))
    names = np.array(["low", "middle", "high"])[np.digitize(signal + 0.5 * noise, [-0.5, 0.8])]
    return read_target(pa.chunked_array([pa.array(names.tolist())]))


@pytest.mark.parametrize(
    ("kind", "linear", "metric"),
    [
        ("binary", "logistic_regression", "log_loss"),
        ("multiclass", "softmax_regression", "log_loss"),
        ("numeric", "linear_regression", "rmse"),
    ],
)
def test_the_family_follows_from_the_target(kind: str, linear: str, metric: str) -> None:
    features = features_of(400)
    target = target_of(features, kind)
    assert target.kind == kind
    found = train_candidates(rows_of(features, target), FAMILIES, specification())
    algorithms = [candidate.model.algorithm for candidate in found.values()]
    assert algorithms == ["constant", linear, "gradient_boosting"]
    losses = [
        fold_figures(candidate.model.margins(features), target)[metric]
        for candidate in found.values()
    ]
    assert max(losses[1:]) < 0.9 * losses[0]
    for candidate in found.values():
        again = read_model(reversed(artifact_rows(candidate, {"a": "fact"})))
        assert np.array_equal(again.margins(features), candidate.model.margins(features))


def trained(kind: str = "binary", count: int = 300) -> tuple[Features, dict[str, TrainedCandidate]]:
    features = features_of(count)
    rows = rows_of(features, target_of(features, kind))
    return features, train_candidates(rows, FAMILIES, specification())


def test_contributions_add_up_to_the_log_odds() -> None:
    features, found = trained()
    for candidate in found.values():
        names, contributions, base = candidate.model.contributions(features)
        assert set(names) <= set(features.names)
        sums = contributions.sum(axis=1) + base
        assert np.abs(sums - candidate.model.margins(features)[:, 0]).max() < 1e-9


@given(st.integers(0, 10_000), st.floats(-1e6, 1e6), st.sampled_from(["a", "b", "", "unseen"]))
def test_contributions_add_up_for_any_row(seed: int, value: float, plan: str) -> None:
    _, found = LEARNED
    row = features_of(1, seed)
    row.numbers["first"][:] = value
    odd = Features(1, row.numbers, {"plan": np.array([plan])})
    for candidate in found.values():
        _, contributions, base = candidate.model.contributions(odd)
        margin = float(candidate.model.margins(odd)[0, 0])
        assert contributions.sum() + base == pytest.approx(margin, abs=1e-9, rel=1e-12)


LEARNED = trained()


def test_one_row_gets_the_digits_of_the_batch() -> None:
    features, found = LEARNED
    for candidate in found.values():
        batch = candidate.model.margins(features)
        for row in (0, 17, 299):
            alone = candidate.model.margins(features.take(np.array([row])))
            assert np.array_equal(alone[0], batch[row])


def test_several_classes_have_no_contributions() -> None:
    features, found = trained("multiclass")
    with pytest.raises(ValueError, match="several"):
        found["linear"].model.contributions(features)


def test_one_row_and_one_class_can_be_trained() -> None:
    features = features_of(1)
    target = read_target(pa.chunked_array([pa.array([True])]))
    found = train_candidates(rows_of(features, target), FAMILIES, specification())
    for candidate in found.values():
        assert 0.5 < candidate.model.predict(features)[0, 0] < 1.0


def test_calibration_is_kept_only_if_it_helps_on_other_rows() -> None:
    features = features_of(600)
    rows = rows_of(features, target_of(features, "binary"))
    settings = SETTINGS | {
        "candidates": {
            "linear": {"penalty": [0.3], "l1_share": [0.0]},
            "boosting": {
                "leaves": [31],
                "rounds": [150],
                "learning_rate": [0.3],
                "minimum_leaf_rows": [5],
                "ridge": [0.0],
            },
        }
    }
    found = train_candidates(rows, FAMILIES, ModelSpecification.from_mapping(settings))
    # Too strong a penalty makes probabilities timid, too many trees make them overconfident.
    assert found["linear"].model.calibration.slope > 1.2
    assert 0.0 < found["boosting"].model.calibration.slope < 0.8
    assert found["constant"].model.calibration.slope == 1.0


def test_planted_irrelevant_features_are_dropped_and_the_reason_is_kept() -> None:
    features = features_of(2000)
    features.numbers["never"] = np.full(2000, np.nan)
    features.numbers["always_one"] = np.ones(2000)
    rows = rows_of(features, target_of(features, "binary"))
    screened = train_candidates(rows, ["constant"], specification())["constant"].screened
    reasons = {feature.name: feature.reason for feature in screened}
    assert {name for name, reason in reasons.items() if reason == KEPT} == {"first", "plan"}
    assert reasons["never"] == "missing too often"
    assert reasons["always_one"] == "the same in every row"
    assert "chance" in reasons["third"]


def test_permuted_labels_teach_nothing() -> None:
    """The mean over 20 permutations lies within 0.5 ± 0.01: nothing of the label leaks."""
    features = features_of(6000)
    target = target_of(features, "binary")
    scores = []
    settings = SETTINGS | {"screening": {"chance": 1.0}}
    own = ModelSpecification.from_mapping(settings)
    is_train = np.arange(6000) < 1500
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(6000)
        permuted = target.take(order)
        rows = rows_of(features.take(is_train), permuted.take(is_train))
        model = train_candidates(rows, ["linear"], own)["linear"].model
        margins = model.margins(features.take(~is_train))[:, 0]
        scores.append(auc(permuted.values[~is_train], margins))
    assert abs(np.mean(scores) - 0.5) < 0.01


def test_folds_keep_customers_together_and_time_in_order() -> None:
    groups = np.repeat(np.arange(20), 3)
    days = np.tile([10, 20, 30], 20)
    known = days + 10
    crossed = specification().selection
    for fold in selection_folds(groups, days, known, crossed, 7):
        assert not set(groups[fold.is_train]) & set(groups[fold.is_test])
    by_time = specification(
        selection={"method": "validation_split", "holdout_by": "time"}
    ).selection
    [fold] = selection_folds(groups, days, known, by_time, 7)
    assert set(days[fold.is_test]) == {30}
    assert known[fold.is_train].max() <= 30
    by_chance = specification(selection={"method": "validation_split"}).selection
    [fold] = selection_folds(groups, days, known, by_chance, 7)
    assert fold.is_test.mean() == pytest.approx(0.3)
    assert not set(groups[fold.is_train]) & set(groups[fold.is_test])


@pytest.mark.parametrize("by", ["random", "time"])
def test_a_validation_split_chooses_too(by: str) -> None:
    features = features_of(300)
    own = specification(selection={"method": "validation_split", "holdout_by": by})
    found = train_candidates(rows_of(features, target_of(features, "binary")), FAMILIES, own)
    assert {fold for fold, _ in found["linear"].fold_figures} == {"validation"}
    assert len(found["linear"].grid_losses) == 2


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_texts_of_numbers_give_the_same_bits(value: float) -> None:
    text = number_text(value)
    assert float(text) == value
    assert "e" not in text.lower()


def test_a_date_is_no_feature() -> None:
    table = pa.table({"day": pa.array([0], pa.date32())})
    with pytest.raises(ValueError, match="feature day is of type date32"):
        read_features(table, ["day"])


FOLDER = os.environ.get("MARQUEE_REAL_DATA")


@pytest.mark.skipif(FOLDER is None, reason="MARQUEE_REAL_DATA names no folder")
def test_telco_churn() -> None:
    """Five folds, the grid chosen inside each training part."""
    found = cross_validated(Path(FOLDER or ""))
    for algorithm in ("logistic_regression", "gradient_boosting"):
        assert np.mean([figures["auc"] for figures in found[algorithm]]) >= 0.840
        assert np.mean([figures["brier"] for figures in found[algorithm]]) <= 0.138
