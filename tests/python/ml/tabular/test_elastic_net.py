import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.tabular.elastic_net import Penalty, fit_elastic_net, sigmoid, softmax
from marquee.ml.tabular.targets import BINARY, MULTICLASS, NUMERIC, Target


def columns(rows: int, count: int, seed: int = 1) -> np.ndarray:
    matrix = np.random.default_rng(seed).normal(size=(rows, count))
    return (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)


def test_a_line_is_found() -> None:
    matrix = columns(50, 2)
    target = Target(NUMERIC, (), 3.0 + 2.0 * matrix[:, 0] - 0.5 * matrix[:, 1])
    found = fit_elastic_net(matrix, target, Penalty(0.0, 0.0))
    assert found == pytest.approx(np.array([[3.0, 2.0, -0.5]]), abs=1e-6)


def test_the_unit_of_a_number_does_not_matter() -> None:
    matrix = columns(50, 2)
    values = np.random.default_rng(2).normal(size=50) + matrix[:, 0]
    penalty = Penalty(0.1, 0.5)
    euros = fit_elastic_net(matrix, Target(NUMERIC, (), values), penalty)
    cents = fit_elastic_net(matrix, Target(NUMERIC, (), values * 100.0), penalty)
    assert cents == pytest.approx(euros * 100.0)


def test_one_binary_column_gives_the_log_odds_of_each_side() -> None:
    """10 of 40 churn on one side, 30 of 40 on the other: odds of 1/3 and of 3."""
    side = np.repeat([-1.0, 1.0], 40)
    values = np.concatenate([np.arange(40) < 10, np.arange(40) < 30]).astype(np.float64)
    found = fit_elastic_net(
        side[:, None], Target(BINARY, ("false", "true"), values), Penalty(0.0, 0.0)
    )
    assert found == pytest.approx(np.array([[0.0, np.log(3.0)]]), abs=1e-6)


@given(st.integers(0, 1000), st.floats(0.0005, 0.2), st.floats(0.0, 1.0))
def test_the_conditions_of_an_optimum_hold(seed: int, strength: float, l1_share: float) -> None:
    matrix = columns(80, 6, seed)
    matrix[:, 5] = matrix[:, 4]  # collinear
    generator = np.random.default_rng(seed)
    values = (generator.random(80) < sigmoid(matrix[:, 0] * 2.0)).astype(np.float64)
    if not 0 < values.sum() < 80:
        return
    [found] = fit_elastic_net(
        matrix, Target(BINARY, ("false", "true"), values), Penalty(strength, l1_share)
    )
    residuals = values - sigmoid(found[0] + matrix @ found[1:])
    assert residuals.mean() == pytest.approx(0.0, abs=1e-6)
    gradient = matrix.T @ residuals / 80 - strength * (1.0 - l1_share) * found[1:]
    threshold = strength * l1_share
    is_active = found[1:] != 0.0
    assert np.abs(gradient[~is_active]).max(initial=0.0) <= threshold + 1e-6
    assert gradient[is_active] == pytest.approx(threshold * np.sign(found[1:][is_active]), abs=1e-6)


def test_classes_are_told_apart() -> None:
    matrix = columns(300, 2)
    classes = matrix @ np.array([[2.0, -1.0, 0.0], [0.0, 2.0, -2.0]])
    noise = np.random.default_rng(3).gumbel(size=classes.shape)
    truth = (classes + noise).argmax(axis=1)
    target = Target(MULTICLASS, ("a", "b", "c"), truth.astype(np.float64))
    found = fit_elastic_net(matrix, target, Penalty(0.001, 0.0))
    probabilities = softmax(found[:, 0] + matrix @ found[:, 1:].T)
    assert (probabilities.argmax(axis=1) == truth).mean() > 0.65
    residuals = np.eye(3)[truth] - probabilities
    gradient = matrix.T @ residuals / 300 - 0.001 * found[:, 1:].T
    assert np.abs(gradient).max() < 1e-4
