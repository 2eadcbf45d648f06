"""Qini: how many more customers an order of offers keeps than an order by chance.

Radcliffe 2007, "Using control groups to target on predicted lift". Here with the known probability
of the offer instead of a matching of both groups, so that campaigns of unequal shares add up.
"""

from collections.abc import Callable

import numpy as np

from marquee.ml.tabular.features import BoolArray, FloatArray, IntArray

Weighted = Callable[[FloatArray], float]


def kept_by_offer(
    churned: FloatArray, risk: FloatArray, is_treated: BoolArray, treatment_probability: FloatArray
) -> FloatArray:
    """Gives for each offer a number whose mean is by how much offers lower the churn rate.

    Args:
        churned: 1 for those who left, shape (rows,).
        risk: Probability of leaving that was known before; any number keeps the mean right, a good
            one takes away noise, shape (rows,).
        is_treated: Whether chance gave the offer, shape (rows,).
        treatment_probability: How probable that was, shape (rows,).
    """
    share = treatment_probability
    return -(churned - risk) * (is_treated - share) / (share * (1.0 - share))


def qini_coefficient(scores: FloatArray, kept: FloatArray) -> Weighted:
    """Prepares the area between the curve of an order and that of chance.

    Args:
        scores: The highest are offered first; equal ones in no order, shape (rows,), at least one.
        kept: What each offer keeps: known, or as `kept_by_offer` estimates it, shape (rows,).

    Returns:
        From how often each row counts, shape (rows,), to the coefficient: customers kept per
        customer in the list, more than by chance, on average over all shares that are offered.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))

    def coefficient(weights: FloatArray) -> float:
        counts = weights[order]
        rows = np.append(0.0, np.cumsum(np.add.reduceat(counts, starts)))
        gains = np.append(0.0, np.cumsum(np.add.reduceat(counts * kept[order], starts)))
        total = rows[-1]
        area = ((gains[1:] + gains[:-1]) / 2.0 * np.diff(rows)).sum() / total**2
        return float(area - gains[-1] / total / 2.0)

    return coefficient


def qini_within_folds(scores: FloatArray, kept: FloatArray, folds: IntArray) -> Weighted:
    """Prepares the mean coefficient of the folds, each by the weight of its rows.

    Scores of different folds come from different models. A fold that kept few customers by chance
    gets higher scores from the others' model than these from its own, so one order of all would
    tell that a good model is worse than none.

    Args:
        scores: The highest are offered first, shape (rows,), at least one.
        kept: What each offer keeps, shape (rows,).
        folds: Fold of each row, shape (rows,).

    Returns:
        From how often each row counts, shape (rows,), to the coefficient.
    """
    parts = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    coefficients = [qini_coefficient(scores[rows], kept[rows]) for rows in parts]

    def coefficient(weights: FloatArray) -> float:
        sums = [float(weights[rows].sum()) for rows in parts]
        found = [
            total * own(weights[rows])
            for own, rows, total in zip(coefficients, parts, sums, strict=True)
            if total > 0.0
        ]
        return sum(found) / sum(sums)

    return coefficient


def qini_curve(scores: FloatArray, kept: FloatArray, points: int) -> FloatArray:
    """Gives customers kept per customer in the list when so large a share of it gets an offer.

    Args:
        scores: The highest are offered first; of equal ones each an equal part, shape (rows,).
        kept: What each offer keeps, shape (rows,).
        points: Shares between 0 and 1, evenly spaced, both ends included, at least two.

    Returns:
        Shape (points,), 0 at first.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    rows = np.append(starts, len(scores)) / len(scores)
    gains = np.append(0.0, np.cumsum(np.add.reduceat(kept[order], starts))) / len(scores)
    return np.interp(np.linspace(0.0, 1.0, points), rows, gains)
