"""Numbers of segments that outlive a training: segment 3 stays segment 3."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from marquee.ml.segmentation.quality import contingency
from marquee.ml.segmentation.tastes import FloatArray, Integers


def number_segments(
    labels: Integers,
    count: int,
    older_labels: Integers | None,
    older_ids: tuple[int, ...],
    minimum_overlap: float,
) -> tuple[int, ...]:
    """Gives each segment the number of the older one that has most of its customers.

    Pairs are chosen so that the sum of their overlaps is the highest. A segment without such an
    older one gets a number that none of the older ones has.

    Args:
        labels: Segments of customers, numbers from 0, shape (customers,).
        count: Number of segments.
        older_labels: Places in `older_ids` of the same customers; None if there are none.
        older_ids: Numbers of the older segments.
        minimum_overlap: Least share of common customers among those of either (Jaccard).

    Returns:
        Numbers from 1, shape (count,).
    """
    kept: dict[int, int] = {}
    if older_labels is not None and len(labels):
        overlaps = _overlaps(labels, count, older_labels, len(older_ids))
        for own, older in zip(*linear_sum_assignment(-overlaps), strict=True):
            if overlaps[own, older] > 0 and overlaps[own, older] >= minimum_overlap:
                kept[int(own)] = older_ids[older]
    unused = max(older_ids, default=0)
    numbers = []
    for place in range(count):
        if place not in kept:
            unused += 1
        numbers.append(kept.get(place, unused))
    return tuple(numbers)


def _overlaps(labels: Integers, count: int, older: Integers, older_count: int) -> FloatArray:
    common = np.zeros((count, older_count), dtype=np.int64)
    found = contingency(labels, older)
    common[: found.shape[0], : found.shape[1]] = found
    either = common.sum(axis=1)[:, None] + common.sum(axis=0) - common
    overlaps: FloatArray = common / np.maximum(either, 1)
    return overlaps
