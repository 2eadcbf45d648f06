"""How far the rows that are scored lie from the rows that a model was trained on.

Training writes down how each feature was distributed; nothing else of its rows is needed later. The
population stability index is the symmetric Kullback-Leibler divergence of two binned distributions
(Yurdakul and Naranjo 2020, doi:10.21314/JRMV.2020.227); without any change it follows
(1 / N + 1 / M) times the chi-square distribution, so few rows alone make no drift.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from marquee.ml.tabular.encoding import CATEGORY, MINIMUM_CATEGORY_ROWS, VALUE
from marquee.ml.tabular.features import MISSING_CATEGORY, Features, FloatArray, IntArray
from marquee.ml.tabular.specification import DriftLimits

STABLE, MOVED, DRIFTED = "stable", "moved", "drifted"
_BINS = 10
# What an empty bin counts as beside a filled one: less than any row, more than nothing, whose
# logarithm would be infinite.
_EMPTY_BIN = 0.5


@dataclass(frozen=True)
class Reference:
    """How a feature was distributed among the training rows.

    Attributes:
        feature: Name of the feature.
        kind: VALUE (a number) or CATEGORY.
        cut_points: Upper ends of all bins but the last, rising, each a value of a training row;
            a value equal to one lies in the bin below it. Empty for categories.
        categories: The categories with a bin of their own, sorted; empty for numbers.
        counts: Training rows of each bin; the last one is above all cut points, or holds all other
            categories.
        missing_count: Training rows in which the feature is missing.
    """

    feature: str
    kind: str
    cut_points: tuple[float, ...]
    categories: tuple[str, ...]
    counts: tuple[int, ...]
    missing_count: int

    def binned(self, features: Features) -> tuple[int, ...]:
        """Counts rows in the bins of this reference; the last count is of missing values.

        Args:
            features: Rows with the feature, of the same kind.
        """
        if self.kind == CATEGORY:
            positions, is_missing = _category_positions(
                features.categories[self.feature], self.categories
            )
        else:
            values = features.numbers[self.feature]
            is_missing = np.isnan(values)
            positions = np.searchsorted(self.cut_points, values, side="left")
        found = np.bincount(positions[~is_missing], minlength=len(self.counts))
        return (*map(int, found), int(is_missing.sum()))

    @property
    def with_missing(self) -> tuple[int, ...]:
        """The counts, that of missing values last."""
        return (*self.counts, self.missing_count)


@dataclass(frozen=True)
class FeatureDrift:
    """How far a feature has moved.

    Attributes:
        feature: Name of the feature.
        status: STABLE, MOVED or DRIFTED.
        stability_index: Population stability index, missing values in a bin of their own.
        chance_index: What the index reaches by chance in all but a share `DriftLimits.chance` of
            the cases.
        training_count: Training rows.
        training_missing_count: Those in which the feature is missing.
        scored_count: Rows that are scored.
        scored_missing_count: Those in which the feature is missing.
    """

    feature: str
    status: str
    stability_index: float
    chance_index: float
    training_count: int
    training_missing_count: int
    scored_count: int
    scored_missing_count: int


def reference_of(features: Features, name: str) -> Reference:
    """Writes down how a feature is distributed in rows, in any order.

    Numbers are cut at their tenths, each the value of a row. A value that a tenth of the rows or
    more share gets a bin of its own, or a flag that is nearly always true could fall back to
    false without a trace. Categories too rare for a column of a model share the last bin.

    Args:
        features: Training rows.
        name: The feature.
    """
    if name in features.categories:
        texts = features.categories[name]
        found, counts = np.unique(texts[texts != MISSING_CATEGORY], return_counts=True)
        own = tuple(found[counts >= MINIMUM_CATEGORY_ROWS].tolist())
        unfilled = Reference(name, CATEGORY, (), own, (0,) * (len(own) + 1), 0)
    else:
        cut_points = _cut_points(features.numbers[name])
        unfilled = Reference(name, VALUE, cut_points, (), (0,) * (len(cut_points) + 1), 0)
    *filled, missing_count = unfilled.binned(features)
    return Reference(
        name, unfilled.kind, unfilled.cut_points, unfilled.categories, tuple(filled), missing_count
    )


def references_of(features: Features, names: Iterable[str]) -> list[Reference]:
    """Writes down how features are distributed in rows, in the order of the names."""
    return [reference_of(features, name) for name in sorted(names)]


def stability_index(left: Sequence[int], right: Sequence[int]) -> float:
    """Gives the population stability index of two distributions over the same bins.

    Symmetric, at least 0, and 0 if both have the same shares. A bin that is empty on one side only
    counts as half a row there; one that is empty on both sides tells nothing.

    Args:
        left: Rows of each bin, at least one in all.
        right: Rows of each bin, at least one in all.
    """
    left_total, right_total = sum(left), sum(right)
    terms = []
    for own, other in zip(left, right, strict=True):
        if own or other:
            own_share = (own or _EMPTY_BIN) / left_total
            other_share = (other or _EMPTY_BIN) / right_total
            terms.append((own_share - other_share) * (math.log(own_share) - math.log(other_share)))
    # Each term is at least 0; fsum does not depend on their order.
    return math.fsum(terms)


def measure_drift(
    references: Iterable[Reference], scored: Features, limits: DriftLimits
) -> list[FeatureDrift]:
    """Compares rows that are scored with training rows.

    A feature has moved, or drifted, if its index or the change of its missing share reaches the
    limit, and its index is more than chance.

    Args:
        references: What training wrote down.
        scored: Rows with these features, in any order.
        limits: Settings.

    Returns:
        One entry a reference, in their order; none without rows.
    """
    if not scored.row_count:
        return []
    return [_drift(reference, reference.binned(scored), limits) for reference in references]


def would_help(
    references: Iterable[Reference],
    scored: Features,
    trainable: Features,
    limits: DriftLimits,
    ignored: Iterable[str],
) -> list[str]:
    """Names the features that have drifted and whose drift training anew would lessen.

    That is so if the rows to train on now have themselves moved since the last training, and lie
    nearer to those that are scored. A model that was trained on these very rows therefore never
    drifts against itself, however much its features grow by nature, and no training is due before
    the outcomes of what is new are known.

    Args:
        references: What the last training wrote down.
        scored: Rows with these features.
        trainable: Rows that would be trained on now, at least one.
        limits: Settings.
        ignored: Features that don't count.
    """
    left_out = set(ignored)
    own = {one.feature: one for one in references if one.feature not in left_out}
    found = []
    for drift in measure_drift(own.values(), scored, limits):
        reference = own[drift.feature]
        anew = reference.binned(trainable)
        has_moved = _drift(reference, anew, limits).status != STABLE
        index_anew = stability_index(anew, reference.binned(scored))
        if drift.status == DRIFTED and has_moved and index_anew < drift.stability_index:
            found.append(drift.feature)
    return found


def _drift(reference: Reference, scored: Sequence[int], limits: DriftLimits) -> FeatureDrift:
    training = reference.with_missing
    training_count, scored_count = sum(training), sum(scored)
    index = stability_index(training, scored)
    filled = sum(own > 0 or other > 0 for own, other in zip(training, scored, strict=True))
    spread = 1.0 / training_count + 1.0 / scored_count
    chance_index = float(stats.chi2.isf(limits.chance, max(filled - 1, 1)) * spread)
    change = abs(scored[-1] / scored_count - reference.missing_count / training_count)
    status = STABLE
    if index > chance_index:
        if index >= limits.drifted_index or change >= limits.drifted_missing_difference:
            status = DRIFTED
        elif index >= limits.moved_index or change >= limits.moved_missing_difference:
            status = MOVED
    return FeatureDrift(
        reference.feature,
        status,
        index,
        chance_index,
        training_count,
        reference.missing_count,
        scored_count,
        scored[-1],
    )


def _cut_points(values: FloatArray) -> tuple[float, ...]:
    known = values[~np.isnan(values)]
    if not len(known):
        return ()
    # No interpolation: between two values of the data floating point would decide.
    places = [(tenth * len(known) + _BINS - 1) // _BINS - 1 for tenth in range(1, _BINS)]
    tenths = np.unique(np.partition(known, sorted(set(places)))[places]).tolist()
    found = set(tenths)
    for value in tenths:
        below = known[known < value]
        if len(below) and int((known == value).sum()) * _BINS >= len(known):
            found.add(float(below.max()))
    # Minus zero is zero, and is written so.
    return tuple(sorted(value + 0.0 for value in found))


def _category_positions(
    texts: np.ndarray, categories: Sequence[str]
) -> tuple[IntArray, np.ndarray]:
    found, inverse = np.unique(texts, return_inverse=True)
    position_of = {category: position for position, category in enumerate(categories)}
    positions = np.array(
        [position_of.get(str(text), len(categories)) for text in found], dtype=np.int64
    )
    return positions[inverse], texts == MISSING_CATEGORY
