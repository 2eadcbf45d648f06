"""The level of each entity's sentiment, as far as its posts by day tell.

A day's mean score is the entity's level plus chance, which fewer posts leave more of; the level
wanders a little each day (Durbin and Koopman 2012, Time Series Analysis by State Space Methods,
chapter 2). How much it wanders is chosen for all entities together.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml import versions
from marquee.ml.dense_index import dense_index

Floats = npt.NDArray[np.float64]
UNITS = 10_000
"""Units of the sums of scores in one."""
_DRIFTS = (0.0, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
_LEAST_VARIANCE = 1e-4


@dataclass(frozen=True, eq=False)
class History:
    """Scores of entities by day, shape (entities, days); the last day is before the snapshot."""

    entity_types: pa.Array
    entity_ids: pa.Array
    counts: Floats
    sums: Floats
    squares: Floats
    as_of_date: dt.date

    def until(self, day: int) -> "History":
        """Gives what was known at the end of a day: columns up to `day`."""
        parts = (self.counts[:, :day], self.sums[:, :day], self.squares[:, :day])
        return History(self.entity_types, self.entity_ids, *parts, self.as_of_date)

    @property
    def means(self) -> Floats:
        """Mean score of each day, 0 without posts."""
        means: Floats = self.sums / np.maximum(self.counts, 1.0)
        return means


@dataclass(frozen=True, eq=False)
class Levels:
    """What is believed at the end of a history.

    Attributes:
        mean: Level of each entity, shape (entities,).
        variance: How uncertain it is, shape (entities,).
        noise: Variance of one post about its level.
        drift: Variance by which levels wander in a day.
        posts: Posts of a usual day with posts, shape (entities,).
    """

    mean: Floats
    variance: Floats
    noise: float
    drift: float
    posts: Floats

    def spread(self, days: int) -> Floats:
        """Gives the standard deviation of the mean score so many days ahead, shape (entities,)."""
        spread: Floats = np.sqrt(self.variance + days * self.drift + self.noise / self.posts)
        return spread


def read_history(days: pa.Table, history_days: int, minimum_posts: int) -> History | None:
    """Reads the newest days of entities with enough posts in them; None if there are none."""
    as_of_date = pc.max(days["as_of_date"]).as_py()
    if as_of_date is None:
        return None
    first = as_of_date - dt.timedelta(days=history_days)
    is_recent = pc.and_(
        pc.greater_equal(days["sentiment_date"], pa.scalar(first, pa.date32())),
        pc.less(days["sentiment_date"], pa.scalar(as_of_date, pa.date32())),
    )
    days = days.filter(is_recent)
    if not len(days):
        return None
    # The types hold no such sign, so keys sort as their parts do.
    keys, rows = dense_index(
        pc.binary_join_element_wise(
            days["entity_type"].cast(pa.string()), days["entity_id"].cast(pa.string()), "\x1f"
        )
    )
    columns = days["sentiment_date"].cast(pa.date32()).cast(pa.int32()).to_numpy()
    columns = columns - (first - dt.date(1970, 1, 1)).days
    matrices: list[Floats] = []
    for name, unit in (
        ("post_count", 1),
        ("score_units", UNITS),
        ("squared_score_units", UNITS**2),
    ):
        matrix = np.zeros((len(keys), history_days))
        matrix[rows, columns] = days[name].cast(pa.int64()).to_numpy() / unit
        matrices.append(matrix)
    is_enough = matrices[0].sum(axis=1) >= minimum_posts
    if not is_enough.any():
        return None
    parts = [key.split("\x1f", 1) for key in keys.filter(pa.array(is_enough)).to_pylist()]
    return History(
        pa.array([part[0] for part in parts], pa.string()),
        pa.array([part[1] for part in parts], pa.string()),
        matrices[0][is_enough],
        matrices[1][is_enough],
        matrices[2][is_enough],
        as_of_date,
    )


def fingerprint(history: History) -> str:
    """Hashes what forecasts rest on."""
    rows, columns = np.nonzero(history.counts)
    table = pa.table(
        {
            "entity_type": history.entity_types.take(pa.array(rows)),
            "entity_id": history.entity_ids.take(pa.array(rows)),
            "day": pa.array([f"{day:05d}" for day in columns.tolist()], pa.string()),
            "count": history.counts[rows, columns],
            "sum": history.sums[rows, columns],
        }
    )
    return versions.training_fingerprint(table, ["entity_type", "entity_id", "day"])


def levels_of(history: History, drift: float) -> Levels:
    """Filters the days (Kalman) and gives what is believed after the last one."""
    noise, level, between = _variances(history)
    mean = np.full(len(history.counts), level)
    variance = np.full(len(history.counts), between)
    for counts, scores in zip(history.counts.T, history.means.T, strict=True):
        variance = variance + drift
        # Without posts the weight is 0, and nothing is learned.
        weight = variance / (variance + noise / np.maximum(counts, 1.0)) * (counts > 0)
        mean = mean + weight * (scores - mean)
        variance = variance * (1.0 - weight)
    posting_days = np.maximum((history.counts > 0).sum(axis=1), 1)
    posts = np.maximum(history.counts.sum(axis=1) / posting_days, 1.0)
    return Levels(mean, variance, noise, drift, posts)


def chosen_drift(history: History) -> float:
    """Gives the daily variance under which the scores are most likely; the least of equals."""
    return min(_DRIFTS, key=lambda drift: (_surprise(history, drift), drift))


def _surprise(history: History, drift: float) -> float:
    """Gives twice the negative log-likelihood of each day after the days before it, rounded."""
    noise, level, between = _variances(history)
    mean = np.full(len(history.counts), level)
    variance = np.full(len(history.counts), between)
    total = 0.0
    for counts, scores in zip(history.counts.T, history.means.T, strict=True):
        has_posts = counts > 0
        variance = variance + drift
        spread = variance + noise / np.maximum(counts, 1.0)
        error = scores - mean
        total += float(((np.log(spread) + error**2 / spread) * has_posts).sum())
        weight = variance / spread * has_posts
        mean = mean + weight * error
        variance = variance * (1.0 - weight)
    return round(total, 6)


def _variances(history: History) -> tuple[float, float, float]:
    """Gives the variance of a post within an entity, the mean level, and the variance of levels."""
    counts, sums = history.counts.sum(axis=1), history.sums.sum(axis=1)
    total = max(float(counts.sum()), 1.0)
    own = sums / np.maximum(counts, 1.0)
    within = (history.squares.sum() - (counts * own**2).sum()) / max(total - len(counts), 1.0)
    noise = max(float(within), _LEAST_VARIANCE)
    level = float(sums.sum() / total)
    # What is more than chance in the differences of the means (DerSimonian and Laird 1986).
    surplus = float((counts * (own - level) ** 2).sum()) - noise * (len(counts) - 1)
    between = surplus / max(total - float((counts**2).sum()) / total, 1.0)
    return noise, level, max(between, _LEAST_VARIANCE)
