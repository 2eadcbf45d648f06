import numpy as np
import pytest

from marquee.ml.dense_index import Positions
from marquee.ml.intervals import Statistic, estimate
from marquee.ml.recommendation.interactions import FloatArray


def mean_of(values: FloatArray) -> Statistic:
    def mean(customers: Positions) -> FloatArray:
        return np.array([values[customers].mean()])

    return mean


def test_the_interval_is_that_of_a_mean() -> None:
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)
    (figure,) = estimate(["m"], mean_of(values), None, 400, 1000, 7)
    assert figure.value == pytest.approx(values.mean())
    half_width = 1.96 * values.std() / 20
    assert figure.lower_bound == pytest.approx(values.mean() - half_width, abs=0.05)
    assert figure.upper_bound == pytest.approx(values.mean() + half_width, abs=0.05)
    assert figure.baseline_value is None
    assert figure.difference is None


def test_the_difference_is_paired() -> None:
    values = np.random.default_rng(1).normal(0.0, 100.0, 50)
    (figure,) = estimate(["m"], mean_of(values + 1.0), mean_of(values), 50, 100, 7)
    bounds = (figure.difference, figure.difference_lower_bound, figure.difference_upper_bound)
    assert bounds == pytest.approx((1.0, 1.0, 1.0))
    assert figure.baseline_value == pytest.approx(values.mean())


def test_the_seed_decides() -> None:
    values = np.arange(10.0)
    one, again, other = (estimate(["m"], mean_of(values), None, 10, 20, seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other
