"""Churn rates with and without offer, their difference with an interval, and a verdict."""

from dataclasses import dataclass

import numpy as np

from marquee.ml.tabular.features import BoolArray, FloatArray

SAVED = "saved"
NOTHING_SEEN = "no effect seen"
LEFT_ALONE = "better left alone"
TOO_FEW = "too few to say"
_Z = 1.959963984540054


@dataclass(frozen=True)
class GroupUplift:
    """What offers did to a group; rates are None without anybody to count.

    Attributes:
        treated_count: Offers made.
        holdout_count: Offers that chance held back.
        treated_rate: Churn rate with offer.
        holdout_rate: Churn rate without.
        difference: With minus without, below 0 where offers keep.
        lower_bound: Lower end of its 95 % interval.
        upper_bound: Upper end.
        shrunken: The difference, drawn towards that of all as far as chance may have moved it.
        verdict: In words.
    """

    treated_count: int
    holdout_count: int
    treated_rate: float | None
    holdout_rate: float | None
    difference: float | None
    lower_bound: float | None
    upper_bound: float | None
    shrunken: float | None
    verdict: str


def uplift_of_groups(
    churned: FloatArray,
    is_treated: BoolArray,
    treatment_probability: FloatArray,
    members: list[BoolArray],
    minimum_rows: int,
) -> list[GroupUplift]:
    """Compares offered and held out, group by group.

    Rates weigh each offer by the inverse of its probability, so that campaigns of unequal shares
    don't pass for an effect. Intervals are Newcombe's (1998, method 10), which stay between -1 and
    1 and hold for few rows, with the number of equal weights that would tell as much.

    Args:
        churned: 1 for those who left, shape (rows,).
        is_treated: Whether chance gave the offer, shape (rows,).
        treatment_probability: How probable that was, shape (rows,).
        members: Rows of each group, each of shape (rows,); together every row once.
        minimum_rows: Below so many rows on either side the verdict is TOO_FEW.
    """
    weights = 1.0 / np.where(is_treated, treatment_probability, 1.0 - treatment_probability)
    sides = [
        tuple(_rate(churned, weights, own & side) for side in (is_treated, ~is_treated))
        for own in members
    ]
    everybody = np.ones(len(churned), dtype=bool)
    overall = [_rate(churned, weights, everybody & side) for side in (is_treated, ~is_treated)]
    shrunken = _shrunken(sides, overall[0].rate - overall[1].rate)
    return [
        _group(treated, holdout, own, minimum_rows)
        for (treated, holdout), own in zip(sides, shrunken, strict=True)
    ]


@dataclass(frozen=True)
class _Rate:
    count: int
    rate: float
    effective_count: float

    @property
    def variance(self) -> float:
        # Half a row each way: a rate of 0 is not certain.
        smoothed = (self.rate * self.effective_count + 0.5) / (self.effective_count + 1.0)
        return smoothed * (1.0 - smoothed) / self.effective_count

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval."""
        n, p, square = self.effective_count, self.rate, _Z**2
        middle = (p + square / (2.0 * n)) / (1.0 + square / n)
        half = _Z * np.sqrt(p * (1.0 - p) / n + square / (4.0 * n * n)) / (1.0 + square / n)
        return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def _rate(churned: FloatArray, weights: FloatArray, rows: BoolArray) -> _Rate:
    own = weights[rows]
    if not len(own):
        return _Rate(0, 0.0, 0.0)
    total = own.sum()
    rate = min(max(float((own * churned[rows]).sum() / total), 0.0), 1.0)
    return _Rate(len(own), rate, float(total**2 / (own**2).sum()))


def _shrunken(sides: list[tuple[_Rate, ...]], overall: float) -> list[float]:
    """Draws differences towards the overall one (DerSimonian and Laird 1986)."""
    known = [(a.rate - b.rate, a.variance + b.variance) for a, b in sides if a.count and b.count]
    between = 0.0
    if len(known) > 1:
        differences, variances = np.array(known).T
        precisions = 1.0 / variances
        spread = (precisions * (differences - overall) ** 2).sum() - (len(known) - 1)
        scale = precisions.sum() - (precisions**2).sum() / precisions.sum()
        between = max(0.0, float(spread / scale))
    found = []
    for a, b in sides:
        if not (a.count and b.count):
            found.append(overall)
            continue
        share = between / (between + a.variance + b.variance)
        found.append(overall + share * (a.rate - b.rate - overall))
    return found


def _group(treated: _Rate, holdout: _Rate, shrunken: float, minimum_rows: int) -> GroupUplift:
    rates = [side.rate if side.count else None for side in (treated, holdout)]
    if not (treated.count and holdout.count):
        return GroupUplift(
            treated.count, holdout.count, rates[0], rates[1], None, None, None, None, TOO_FEW
        )
    difference = treated.rate - holdout.rate
    (low_1, high_1), (low_2, high_2) = treated.interval, holdout.interval
    lower = difference - float(np.hypot(treated.rate - low_1, high_2 - holdout.rate))
    upper = difference + float(np.hypot(high_1 - treated.rate, holdout.rate - low_2))
    if min(treated.count, holdout.count) < minimum_rows:
        verdict = TOO_FEW
    elif upper < 0.0:
        verdict = SAVED
    else:
        verdict = LEFT_ALONE if lower > 0.0 else NOTHING_SEEN
    return GroupUplift(
        treated.count,
        holdout.count,
        rates[0],
        rates[1],
        difference,
        lower,
        upper,
        shrunken,
        verdict,
    )
