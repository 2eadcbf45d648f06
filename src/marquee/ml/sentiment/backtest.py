"""How far forecasts from earlier days missed what came, and what that says of the next ones.

Intervals are quantiles of these errors, so they hold whatever the errors look like.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from marquee.ml.dense_index import Positions
from marquee.ml.intervals import Estimate, estimate
from marquee.ml.sentiment.forecast_specification import HORIZON, ForecastSpecification
from marquee.ml.sentiment.levels import Floats, History, chosen_drift, levels_of

METRICS = ("rmse", "rmse_beside_mean", "coverage_80")
_COVERAGE = 0.8
_NORMAL = 1.2815515655446004


@dataclass(frozen=True, eq=False)
class Errors:
    """What forecasts of earlier days got wrong, a row a day with posts.

    Attributes:
        entity: Row of the entity in the history.
        origin: Number of the origin, the newest is 1.
        actual: Mean score of the day.
        forecast, naive, mean: What was forecast; the last day's score; the mean up to then.
        spread: Standard deviation that the forecast gave.
    """

    entity: Positions
    origin: Positions
    actual: Floats
    forecast: Floats
    naive: Floats
    mean: Floats
    spread: Floats

    @property
    def standardised(self) -> Floats:
        """Errors in standard deviations."""
        errors: Floats = (self.actual - self.forecast) / self.spread
        return errors


def back_test(history: History, specification: ForecastSpecification) -> Errors:
    """Forecasts from earlier days, with what was known then, and compares."""
    parts: list[tuple[Any, ...]] = []
    last = history.counts.shape[1]
    for origin in range(1, specification.origins + 1):
        day = last - origin * HORIZON
        known = history.until(max(day, 0))
        is_known = known.counts.sum(axis=1) >= specification.minimum_posts
        if day < HORIZON or not is_known.any():
            continue
        levels = levels_of(known, chosen_drift(known))
        naive, mean = _last_scores(known), known.sums.sum(axis=1)
        mean = mean / np.maximum(known.counts.sum(axis=1), 1.0)
        for ahead in range(1, HORIZON + 1):
            column = day + ahead - 1
            rows = np.flatnonzero(is_known & (history.counts[:, column] > 0))
            parts.append(
                (
                    rows,
                    np.full(len(rows), origin),
                    history.means[rows, column],
                    levels.mean[rows],
                    naive[rows],
                    mean[rows],
                    levels.spread(ahead)[rows],
                )
            )
    if not parts:
        nothing = np.empty(0)
        return Errors(nothing.astype(np.int64), nothing.astype(np.int64), *[nothing] * 5)
    return Errors(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _last_scores(history: History) -> Floats:
    """Gives the mean score of the last day with posts, shape (entities,)."""
    days = history.counts.shape[1]
    last = days - 1 - (history.counts[:, ::-1] > 0).argmax(axis=1)
    scores: Floats = history.means[np.arange(len(last)), last]
    return scores


def bounds_of(errors: Floats, specification: ForecastSpecification) -> tuple[float, float]:
    """Gives the bounds of the middle 80 % of errors, a little wider where errors are few."""
    if len(errors) < specification.minimum_errors:
        return -_NORMAL, _NORMAL
    # As for conformal intervals: the (n + 1)-quantile, so that new errors lie within as often.
    outer = min(0.9 * (len(errors) + 1) / len(errors), 1.0)
    lower, upper = np.quantile(errors, (1.0 - outer, outer)).tolist()
    return lower, upper


def measures_of(errors: Errors, specification: ForecastSpecification) -> list[Estimate]:
    """Gives METRICS over the newer half of the origins, with bounds learned from the older half."""
    is_older = errors.origin > specification.origins // 2
    counts = (int(is_older.sum()), int((~is_older).sum()))
    entities, positions = np.unique(errors.entity[~is_older], return_inverse=True)
    if min(counts) < specification.minimum_errors:
        return [Estimate(metric, len(entities)) for metric in METRICS]
    lower, upper = bounds_of(errors.standardised[is_older], specification)
    actual, standardised = errors.actual[~is_older], errors.standardised[~is_older]

    def by_entity(values: Floats) -> Floats:
        sums: Floats = np.bincount(positions, values, minlength=len(entities)).astype(np.float64)
        return sums

    number = by_entity(np.ones(len(actual)))
    own = by_entity((actual - errors.forecast[~is_older]) ** 2)
    naive = by_entity((actual - errors.naive[~is_older]) ** 2)
    mean = by_entity((actual - errors.mean[~is_older]) ** 2)
    covered = by_entity(((standardised >= lower) & (standardised <= upper)).astype(np.float64))

    def root(squares: Floats, drawn: Positions) -> float:
        return float(np.sqrt(squares[drawn].sum() / number[drawn].sum()))

    def statistic(drawn: Positions) -> Floats:
        coverage = covered[drawn].sum() / number[drawn].sum()
        return np.array([root(own, drawn), root(own, drawn), coverage])

    def baseline(drawn: Positions) -> Floats:
        return np.array([root(naive, drawn), root(mean, drawn), _COVERAGE])

    resamples, seed = specification.bootstrap_resamples, specification.seed
    return estimate(METRICS, statistic, baseline, len(entities), resamples, seed)
