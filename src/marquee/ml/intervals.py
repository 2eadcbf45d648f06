"""Values with intervals, by resampling customers, and paired differences to a baseline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marquee.ml.dense_index import Positions

FloatArray = npt.NDArray[np.float64]
# Takes positions of customers (with repeats), gives one number per metric.
Statistic = Callable[[Positions], FloatArray]
_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Estimate:
    """One metric of one algorithm; fields are columns of the evaluations, None becomes null."""

    metric: str
    customer_count: int
    value: float | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None
    baseline_value: float | None = None
    difference: float | None = None
    difference_lower_bound: float | None = None
    difference_upper_bound: float | None = None


def estimate(
    metrics: Sequence[str],
    statistic: Statistic,
    baseline: Statistic | None,
    customer_count: int,
    resamples: int,
    seed: int,
) -> list[Estimate]:
    """Computes statistics with 95 % percentile intervals (Efron 1979, doi:10.1214/aos/1176344552).

    Both statistics see the same resamples, so that the difference is paired.

    Args:
        metrics: Names of what `statistic` gives, shape (metrics,).
        statistic: Of the algorithm.
        baseline: Of the baseline; None for the baseline itself.
        customer_count: Customers to resample, at least one.
        resamples: How often to resample.
        seed: Seed of the resampling.

    Returns:
        One estimate a metric.
    """
    everybody = np.arange(customer_count)
    values = statistic(everybody)
    baseline_values = None if baseline is None else baseline(everybody)
    generator = np.random.default_rng(seed)
    samples = np.empty((resamples, len(metrics)))
    differences = np.empty_like(samples)
    for resample in range(resamples):
        drawn = generator.integers(customer_count, size=customer_count)
        samples[resample] = statistic(drawn)
        if baseline is not None:
            differences[resample] = samples[resample] - baseline(drawn)
    lower, upper = np.quantile(samples, _INTERVAL, axis=0).tolist()
    if baseline_values is None:
        return [
            Estimate(metric, customer_count, *figures)
            for metric, *figures in zip(metrics, values.tolist(), lower, upper, strict=True)
        ]
    difference_bounds = np.quantile(differences, _INTERVAL, axis=0).tolist()
    return [
        Estimate(metric, customer_count, *figures)
        for metric, *figures in zip(
            metrics,
            values.tolist(),
            lower,
            upper,
            baseline_values.tolist(),
            (values - baseline_values).tolist(),
            *difference_bounds,
            strict=True,
        )
    ]


def mean_of(figures: FloatArray) -> Statistic:
    """Gives the mean over customers as a statistic.

    Args:
        figures: Of each customer, shape (customers, metrics).
    """

    def mean(customers: Positions) -> FloatArray:
        return np.asarray(figures[customers].mean(axis=0))

    return mean
