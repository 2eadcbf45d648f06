import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.tabular.metrics import BINARY_METRICS, auc, binary_figures, fold_figures
from marquee.ml.tabular.targets import BINARY, MULTICLASS, NUMERIC, Target


def named(values: list[float], probabilities: list[float], weights: list[float] | None = None):
    figures = binary_figures(np.array(values), np.array(probabilities))
    counts = np.ones(len(values)) if weights is None else np.array(weights)
    return dict(zip(BINARY_METRICS, figures(counts).tolist(), strict=True))


def test_known_answers() -> None:
    found = named([1.0, 0.0, 1.0, 0.0], [0.9, 0.8, 0.4, 0.1])
    assert found["auc"] == 0.75
    assert found["average_precision"] == pytest.approx((1.0 + 2.0 / 3.0) / 2.0)
    assert found["brier"] == pytest.approx((0.01 + 0.64 + 0.36 + 0.01) / 4.0)
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.2, 0.4, 0.9]).mean())


def test_a_constant_knows_nothing() -> None:
    found = named([1.0, 0.0, 0.0, 0.0], [0.25] * 4)
    assert found["auc"] == 0.5
    assert found["average_precision"] == 0.25
    assert found["calibration_error"] == pytest.approx(0.0)
    assert [found[f"lift_in_tenth_{tenth}"] for tenth in range(1, 11)] == pytest.approx([1.0] * 10)


def test_lifts_of_a_perfect_order() -> None:
    found = named([1.0] * 10 + [0.0] * 90, list(np.linspace(0.99, 0.01, 100)))
    assert found["lift_in_tenth_1"] == pytest.approx(10.0)
    assert found["lift_in_tenth_2"] == pytest.approx(0.0)


rows = st.lists(
    st.tuples(st.booleans(), st.integers(1, 9), st.integers(1, 3)), min_size=2, max_size=30
).filter(lambda found: len({row[0] for row in found}) == 2)


@given(rows)
def test_a_row_that_counts_twice_is_two_rows(found: list[tuple[bool, int, int]]) -> None:
    values = [float(row[0]) for row in found]
    scores = [row[1] / 10.0 for row in found]
    counts = [row[2] for row in found]
    weighted = named(values, scores, [float(count) for count in counts])
    repeated = named(list(np.repeat(values, counts)), list(np.repeat(scores, counts)))
    # Bins are those of the rows before resampling.
    for metric in set(BINARY_METRICS) - {"calibration_error"}:
        assert weighted[metric] == pytest.approx(repeated[metric])
    assert auc(np.array(values), np.array(scores)) == pytest.approx(named(values, scores)["auc"])


@given(rows, st.integers(0, 100))
def test_the_order_of_rows_does_not_matter(found: list[tuple[bool, int, int]], seed: int) -> None:
    moved = [found[place] for place in np.random.default_rng(seed).permutation(len(found))]
    one, other = (
        named([float(row[0]) for row in own], [row[1] / 10.0 for row in own])
        for own in (found, moved)
    )
    assert one == pytest.approx(other)


def test_figures_of_folds_follow_the_kind_of_target() -> None:
    binary = Target(BINARY, ("false", "true"), np.array([0.0, 1.0]))
    assert fold_figures(np.array([[-1.0], [1.0]]), binary)["auc"] == 1.0
    several = Target(MULTICLASS, ("a", "b", "c"), np.array([0.0, 2.0]))
    assert fold_figures(np.eye(3)[[0, 1]], several)["accuracy"] == 0.5
    number = Target(NUMERIC, (), np.array([1.0, 3.0]))
    assert fold_figures(np.array([[1.0], [1.0]]), number)["rmse"] == pytest.approx(2.0**0.5)
