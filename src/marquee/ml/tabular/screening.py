"""Which features are worth a place in a model, and why not."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from marquee.ml.tabular.features import Features, FloatArray, IntArray
from marquee.ml.tabular.specification import Screening
from marquee.ml.tabular.targets import NUMERIC, Target

_BINS = 10
KEPT = "kept"
MISSING_TOO_OFTEN = "missing too often"
CONSTANT = "the same in every row"
UNINFORMATIVE = "tells no more about the target than chance"


@dataclass(frozen=True)
class ScreenedFeature:
    """What was found about a feature in the training rows.

    Attributes:
        name: The feature.
        missing_share: Share of the rows in which it is missing.
        variance: Variance of its known values; None for categories and where nothing is known.
        mutual_information: With the target, in nats, over tenths of the values; missing counts as
            a value.
        reason: KEPT, or why it was dropped.
    """

    name: str
    missing_share: float
    variance: float | None
    mutual_information: float
    reason: str


def screen(features: Features, target: Target, settings: Screening) -> list[ScreenedFeature]:
    """Judges every feature by itself, in the order of the names.

    A feature stays if its mutual information with the target is above what a feature without any
    bearing on it reaches in all but a share `settings.chance` of the cases: twice the rows times
    the information then follows the chi-square distribution (the G-test of independence).

    Args:
        features: Training rows, at least one.
        target: Their target.
        settings: Limits.
    """
    outcomes = _binned(target.values) if target.kind == NUMERIC else target.values.astype(np.int64)
    return [_screened(features, name, outcomes, settings) for name in features.names]


def _screened(
    features: Features, name: str, outcomes: IntArray, settings: Screening
) -> ScreenedFeature:
    if name in features.numbers:
        values = features.numbers[name]
        is_missing = np.isnan(values)
        known = values[~is_missing]
        variance = float(known.var()) if len(known) else None
        is_constant = len(known) == 0 or bool((known == known[0]).all())
        positions = _binned(values)
    else:
        texts = features.categories[name]
        is_missing = texts == ""
        variance = None
        found, positions = np.unique(texts, return_inverse=True)
        is_constant = len(found) == 1
    missing_share = float(is_missing.mean())
    information, degrees = _mutual_information(positions, outcomes)
    # Being missing may be all there is to know.
    is_constant = is_constant and missing_share in (0.0, 1.0)
    least = stats.chi2.isf(settings.chance, max(degrees, 1)) / (2.0 * len(outcomes))
    reason = KEPT
    if is_constant:
        variance = 0.0 if variance is not None else None
        reason = CONSTANT if missing_share < 1.0 else MISSING_TOO_OFTEN
    elif missing_share > settings.maximum_missing_share:
        reason = MISSING_TOO_OFTEN
    elif information <= least:
        reason = UNINFORMATIVE
    return ScreenedFeature(name, missing_share, variance, information, reason)


def _binned(values: FloatArray) -> IntArray:
    """Gives the tenth of each value, and a bin of its own to what is missing."""
    is_known = ~np.isnan(values)
    found = np.full(len(values), -1, dtype=np.int64)
    if is_known.any():
        edges = np.unique(np.quantile(values[is_known], np.arange(1, _BINS) / _BINS))
        # Values equal to an edge lie above it, or the most frequent number would swallow others.
        found[is_known] = np.searchsorted(edges, values[is_known], side="right")
    _, positions = np.unique(found, return_inverse=True)
    return positions.astype(np.int64)


def _mutual_information(positions: IntArray, outcomes: IntArray) -> tuple[float, int]:
    """Gives the mutual information in nats, and the degrees of freedom of its G-test."""
    columns = int(outcomes.max()) + 1
    table = np.bincount(positions * columns + outcomes, minlength=(positions.max() + 1) * columns)
    shares = table.reshape(-1, columns) / len(outcomes)
    expected = shares.sum(axis=1, keepdims=True) * shares.sum(axis=0, keepdims=True)
    is_met = shares > 0
    information = float((shares[is_met] * np.log(shares[is_met] / expected[is_met])).sum())
    rows_met, columns_met = is_met.any(axis=1).sum(), is_met.any(axis=0).sum()
    return max(information, 0.0), int((rows_met - 1) * (columns_met - 1))
