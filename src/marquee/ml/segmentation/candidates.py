"""Tries several numbers of segments, and chooses one by the recorded rule."""

from dataclasses import dataclass

import numpy as np

from marquee.ml.one_thread import one_thread
from marquee.ml.segmentation.clustering import assign, k_means, nearest
from marquee.ml.segmentation.quality import (
    adjusted_rand_index,
    explained_share,
    silhouettes,
    sum_of_squares,
)
from marquee.ml.segmentation.specification import SegmentSpecification
from marquee.ml.segmentation.tastes import (
    GENRE_WEIGHT,
    FloatArray,
    Integers,
    Tastes,
    as_points,
    feature_weights,
)

_INTERVAL = (0.025, 0.975)
_UNITS = 1e6
_DRAW = 1


@dataclass(frozen=True, eq=False)
class Candidate:
    """What came of one number of segments; the fields but the first two are figures.

    Attributes:
        centroids: Rounded to units, the largest segment first, shape (segments, features).
        labels: Segment of each customer trained with, shape (customers,).
        customer_counts: Customers trained with, shape (segments,).
    """

    centroids: Integers
    labels: Integers
    customer_counts: Integers
    sum_of_squares: float
    explained_share: float
    silhouette: float
    stability: float
    stability_lower_bound: float
    stability_upper_bound: float

    @property
    def segment_count(self) -> int:
        """Number of segments."""
        return len(self.centroids)

    @property
    def smallest_share(self) -> float:
        """Share of the smallest segment."""
        return float(self.customer_counts.min() / self.customer_counts.sum())


def try_segment_counts(
    tastes: Tastes, specification: SegmentSpecification
) -> tuple[Integers, list[Candidate]]:
    """Finds segments for each number of them that there are enough different customers for.

    Args:
        tastes: Customers to train with.
        specification: Settings.

    Returns:
        Weights of the features, and the candidates in order of their number of segments.
    """
    weights = feature_weights(tastes, specification.engagement_share)
    points = as_points(tastes.units, weights)
    different = len(np.unique(tastes.units[:, weights > 0], axis=0))
    counts = sorted(set(specification.segment_counts))
    with one_thread():
        found = [
            _candidate(tastes.units, points, weights, count, specification)
            for count in counts
            if count <= different
        ]
    return weights, found


def is_eligible(candidate: Candidate, specification: SegmentSpecification) -> bool:
    """Whether the smallest segment is large enough, and other draws give the same segments."""
    return (
        candidate.smallest_share >= specification.minimum_segment_share
        and candidate.stability >= specification.minimum_stability
    )


def choose(candidates: list[Candidate], specification: SegmentSpecification) -> Candidate:
    """Applies the rule: the most segments whose silhouette is near the best of the eligible ones.

    Silhouettes hardly differ until a number of segments is too high, and then drop; fewer segments
    than the customers show would say less about each. If none is eligible the most stable counts,
    which the success criteria then refuse.
    """
    eligible = [each for each in candidates if is_eligible(each, specification)]
    if not eligible:
        return max(candidates, key=lambda each: (each.stability, -each.segment_count))
    best = max(round(each.silhouette, 8) for each in eligible)
    least = best - specification.silhouette_tolerance
    near = [each for each in eligible if round(each.silhouette, 8) >= least]
    return max(near, key=lambda each: each.segment_count)


def sample_of(count: int, size: int, seed: int) -> Integers:
    """Draws positions of so many customers, or of all if there are no more, in rising order."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:size])


def _candidate(
    units: Integers,
    points: FloatArray,
    weights: Integers,
    count: int,
    specification: SegmentSpecification,
) -> Candidate:
    found = k_means(points, count, specification.starts, specification.seed)
    centroids = _rounded(found, weights)
    labels = assign(units, centroids, weights)
    members = np.bincount(labels, minlength=count)
    # Largest first, then by the centroids themselves: a total order that no start decides.
    order = np.lexsort([*centroids.T[::-1], -members])
    centroids, labels, members = centroids[order], np.argsort(order)[labels], members[order]
    sample = sample_of(len(points), specification.stability_sample, specification.seed)
    agreements = [
        _agreement(points[sample], labels[sample], count, draw, specification)
        for draw in range(specification.stability_bootstraps)
    ]
    sample = sample_of(len(points), specification.silhouette_sample, specification.seed)
    lower, upper = np.quantile(agreements, _INTERVAL).tolist()
    return Candidate(
        centroids,
        labels,
        members,
        sum_of_squares(points, labels),
        explained_share(points, labels),
        float(silhouettes(points[sample], labels[sample]).mean()),
        float(np.mean(agreements)),
        lower,
        upper,
    )


def _rounded(centroids: FloatArray, weights: Integers) -> Integers:
    roots = np.sqrt(weights / GENRE_WEIGHT)
    units = centroids * _UNITS / np.where(weights > 0, roots, 1.0)
    return np.rint(units).astype(np.int64)


def _agreement(
    points: FloatArray, labels: Integers, count: int, draw: int, specification: SegmentSpecification
) -> float:
    """Compares the segments of a bootstrap draw of the customers with those of all."""
    random = np.random.default_rng([specification.seed, count, draw, _DRAW])
    drawn = np.sort(random.integers(len(points), size=len(points)))
    starts = min(specification.starts, specification.stability_starts)
    other = k_means(points[drawn], count, starts, specification.seed + draw)
    return adjusted_rand_index(nearest(points, other), labels)
