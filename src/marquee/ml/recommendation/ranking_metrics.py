"""Metrics of ranked lists, for a batch of customers at a time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from marquee.ml.decimals import ScaledIntegers
from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import BoolArray, FloatArray
from marquee.ml.recommendation.ranking import top_positions


def metric_names(cutoffs: Sequence[int]) -> list[str]:
    """Names what `ranking_metrics` gives, column by column."""
    per_cutoff = [
        f"{metric}_at_{cutoff}" for cutoff in cutoffs for metric in ("ndcg", "recall", "precision")
    ]
    return [*per_cutoff, "mrr"]


def ranking_metrics(
    keys: ScaledIntegers,
    is_test: BoolArray,
    test_counts: npt.NDArray[np.int64],
    cutoffs: Sequence[int],
) -> tuple[FloatArray, Positions]:
    """Measures each customer's ranking against the titles that were held back.

    NDCG has binary gains, discounts 1 / log2(rank + 1), and is relative to the best list of the
    same length (Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418). Precision divides by
    the cutoff even if fewer titles are left. The reciprocal rank is that of the first title held
    back in the whole ranking, 0 if none is in it.

    Args:
        keys: Larger is better, -1 for titles that are not ranked, shape (customers, titles).
        is_test: Titles that were held back, shape (customers, titles).
        test_counts: Titles that were held back, those that cannot be ranked too, above 0, shape
            (customers,).
        cutoffs: Lengths of list.

    Returns:
        Metrics from 0 to 1 in the order of `metric_names`, shape (customers, metrics), and the
        longest list, -1 where no title was left, shape (customers, longest cutoff or titles).
    """
    lists = top_positions(keys, max(cutoffs))
    is_hit = np.take_along_axis(is_test, np.maximum(lists, 0), axis=1) & (lists >= 0)
    discounts = 1.0 / np.log2(np.arange(max(cutoffs)) + 2.0)
    ideals = np.cumsum(discounts)
    columns = []
    for cutoff in cutoffs:
        hits = is_hit[:, :cutoff]
        hit_counts = hits.sum(axis=1)
        gains = (hits * discounts[: hits.shape[1]]).sum(axis=1)
        columns.append(gains / ideals[np.minimum(test_counts, cutoff) - 1])
        columns.append(hit_counts / test_counts)
        columns.append(hit_counts / cutoff)
    best_keys = np.where(is_test, keys, -1).max(axis=1, initial=-1)
    ranks = 1 + (keys > best_keys[:, None]).sum(axis=1)
    columns.append(np.where(best_keys >= 0, 1.0 / ranks, 0.0))
    return np.stack(columns, axis=1), lists
