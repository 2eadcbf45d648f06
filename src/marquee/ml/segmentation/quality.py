"""How good a partition is: silhouettes, explained variance, agreement of two partitions."""

import numpy as np

from marquee.ml.segmentation.tastes import FloatArray, Integers


def contingency(first: Integers, second: Integers) -> Integers:
    """Counts rows by two labels, which are numbers from 0, shape (firsts, seconds)."""
    counts = np.zeros((first.max(initial=-1) + 1, second.max(initial=-1) + 1), dtype=np.int64)
    np.add.at(counts, (first, second), 1)
    return counts


def adjusted_rand_index(first: Integers, second: Integers) -> float:
    """Agreement of two partitions, corrected for chance (Hubert and Arabie 1985).

    Args:
        first: Numbers from 0, shape (rows,).
        second: Likewise, in an order of their own.

    Returns:
        1 for equal partitions, about 0 for independent ones, at least -0.5; 1 too where both put
        everybody into one part, or everybody into one of his own.
    """
    counts = contingency(first, second)
    both = _pairs(counts)
    of_first, of_second = _pairs(counts.sum(axis=1)), _pairs(counts.sum(axis=0))
    every = len(first) * (len(first) - 1) // 2
    by_chance = of_first * of_second / every if every else 0.0
    most = (of_first + of_second) / 2
    return 1.0 if most == by_chance else (both - by_chance) / (most - by_chance)


def explained_share(points: FloatArray, labels: Integers) -> float:
    """Gives the share of the sum of squares that lies between the parts, 0 to 1."""
    total = sum_of_squares(points, np.zeros(len(points), dtype=np.int64))
    return 1.0 - sum_of_squares(points, labels) / total if total > 0 else 0.0


def sum_of_squares(points: FloatArray, labels: Integers) -> float:
    """Gives the sum of squared distances from the means of the parts."""
    members = np.bincount(labels)
    sums = np.stack([np.bincount(labels, column) for column in points.T], axis=1)
    means = sums / np.maximum(members, 1)[:, None]
    return float(((points - means[labels]) ** 2).sum())


def silhouettes(points: FloatArray, labels: Integers) -> FloatArray:
    """How much nearer each point is to its own part than to the next (Rousseeuw 1987).

    Args:
        points: Shape (rows, columns); time and memory grow with the square of the rows.
        labels: Parts, numbers from 0, shape (rows,).

    Returns:
        Silhouettes from -1 to 1, shape (rows,); 0 where a part has one point or there is but one.
    """
    parts, own = np.unique(labels, return_inverse=True)
    if len(parts) < 2:
        return np.zeros(len(points))
    squares = np.einsum("ij,ij->i", points, points)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * (points @ points.T), 0.0))
    np.fill_diagonal(distances, 0.0)
    members = np.bincount(own)
    sums = distances @ np.eye(len(parts))[own]
    every = np.arange(len(points))
    within = sums[every, own] / np.maximum(members[own] - 1, 1)
    others = sums / members
    others[every, own] = np.inf
    beyond = others.min(axis=1)
    widest = np.maximum(within, beyond)
    is_alone = (members[own] == 1) | (widest == 0)
    return np.where(is_alone, 0.0, (beyond - within) / np.where(widest == 0, 1.0, widest))


def _pairs(counts: Integers) -> int:
    return int((counts * (counts - 1) // 2).sum())
