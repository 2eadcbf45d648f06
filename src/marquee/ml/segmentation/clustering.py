"""k-means, and the exact assignment that SQL repeats."""

import numpy as np

from marquee.ml.segmentation.tastes import FloatArray, Integers

_MOST_ROUNDS = 100


def k_means(points: FloatArray, count: int, starts: int, seed: int) -> FloatArray:
    """Finds centroids with the least sum of squares among several starts.

    Lloyd's algorithm (1982, doi:10.1109/TIT.1982.1056489) from k-means++ seeds (Arthur and
    Vassilvitskii 2007). The same points in the same order give the same bits.

    Args:
        points: Shape (rows, columns); at least `count` different rows.
        count: Number of clusters.
        starts: How often to begin anew; of equal sums of squares the first counts.
        seed: Seed of the starts.

    Returns:
        Centroids, shape (count, columns).
    """
    best, least = points[:0], np.inf
    for start in range(starts):
        centroids = _seeds(points, count, np.random.default_rng([seed, count, start]))
        centroids, total = _settled(points, centroids)
        if total < least:
            best, least = centroids, total
    return best


def nearest(points: FloatArray, centroids: FloatArray) -> Integers:
    """Gives the place of the nearest centroid, the first of equal ones, shape (rows,)."""
    places: Integers = _squares(points, centroids).argmin(axis=1)
    return places


def assign(units: Integers, centroids: Integers, weights: Integers) -> Integers:
    """Gives the nearest of rounded centroids in whole numbers, which no order of sums can change.

    Args:
        units: Shape (rows, features).
        centroids: Shape (segments, features).
        weights: Shape (features,).

    Returns:
        Places, shape (rows,); of equally near centroids the first.
    """
    weighted = centroids * weights
    # The squares of a customer's own units are the same for every centroid.
    measures = (weighted * centroids).sum(axis=1) - 2 * (units @ weighted.T)
    places: Integers = measures.argmin(axis=1)
    return places


def _seeds(points: FloatArray, count: int, random: np.random.Generator) -> FloatArray:
    chosen = points[[random.integers(len(points))]]
    squares = _squares(points, chosen)[:, 0]
    while len(chosen) < count:
        total = squares.sum()
        shares = squares / total if total > 0 else None
        following = points[[random.choice(len(points), p=shares)]]
        chosen = np.vstack([chosen, following])
        squares = np.minimum(squares, _squares(points, following)[:, 0])
    return chosen


def _settled(points: FloatArray, centroids: FloatArray) -> tuple[FloatArray, float]:
    labels = np.full(len(points), -1)
    for _ in range(_MOST_ROUNDS):
        squares = _squares(points, centroids)
        found = squares.argmin(axis=1)
        own = squares[np.arange(len(points)), found]
        if np.array_equal(found, labels):
            break
        labels = found
        centroids = _means(points, labels, own, len(centroids))
    return centroids, float(own.sum())


def _means(points: FloatArray, labels: Integers, squares: FloatArray, count: int) -> FloatArray:
    """Gives the mean of each cluster; an empty one begins anew at a point far from all others."""
    members = np.bincount(labels, minlength=count)
    sums = np.stack([np.bincount(labels, column, minlength=count) for column in points.T], axis=1)
    empty = np.flatnonzero(members == 0)
    farthest = np.argsort(-squares, kind="stable")[: len(empty)]
    means = sums / np.maximum(members, 1)[:, None]
    means[empty] = points[farthest]
    return means


def _squares(points: FloatArray, centroids: FloatArray) -> FloatArray:
    crossed = points @ centroids.T
    own = np.einsum("ij,ij->i", points, points)[:, None]
    squares: FloatArray = own - 2 * crossed + np.einsum("ij,ij->i", centroids, centroids)
    return np.maximum(squares, 0.0)
