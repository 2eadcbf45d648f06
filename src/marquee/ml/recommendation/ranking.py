"""Total orders: one integer holds strategy, rounded score and title, so ranks never tie.

Ranks follow from the score as it is stored (eight decimals); the title id breaks ties.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from marquee.ml.decimals import ScaledIntegers, round_to_scale
from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import BoolArray, FloatArray

SCORE_TYPE = pa.decimal128(12, 8)
SCORE_SCALE = SCORE_TYPE.scale
_SCORE_SPAN = 10**SCORE_TYPE.precision


def stored_scores(scores: FloatArray) -> ScaledIntegers:
    """Rounds scores to SCORE_TYPE, in units of its last decimal; larger ones become its largest."""
    limit = (_SCORE_SPAN - 1) / 10.0**SCORE_SCALE
    return round_to_scale(np.clip(scores, -limit, limit), SCORE_SCALE)


def ordered_keys(scores: ScaledIntegers) -> ScaledIntegers:
    """Joins each score with its column: higher scores first, then lower columns.

    Args:
        scores: Not negative, below 9.2e18 / columns, shape (rows, columns).

    Returns:
        Keys, distinct within a row, not negative, shape (rows, columns).
    """
    count = scores.shape[1]
    return np.asarray(scores * count + np.arange(count - 1, -1, -1))


def layered_keys(layers: Sequence[ScaledIntegers], excluded: BoolArray) -> ScaledIntegers:
    """Ranks titles by the first layer that scores them above 0; the last takes what is left.

    Args:
        layers: Stored scores, best strategy first, each of a shape that broadcasts to
            (customers, titles); the last is nowhere negative.
        excluded: Titles that must not appear, shape (customers, titles).

    Returns:
        Keys, larger is better, shape (customers, titles); -1 for excluded titles.
    """
    scores = np.broadcast_to(layers[-1], excluded.shape)
    for depth, layer in enumerate(reversed(layers[:-1]), start=1):
        scores = np.where(layer > 0, layer + depth * _SCORE_SPAN, scores)
    keys = ordered_keys(scores)
    keys[excluded] = -1
    return keys


def split_keys(
    keys: ScaledIntegers, title_count: int, layer_count: int
) -> tuple[Positions, ScaledIntegers]:
    """Takes layered keys apart again.

    Args:
        keys: Not negative, of any shape.
        title_count: Titles that the keys were made over.
        layer_count: Layers that the keys were made of.

    Returns:
        Which layer each title came from (0 the first), and its stored score.
    """
    scores = keys // title_count
    return layer_count - 1 - scores // _SCORE_SPAN, scores % _SCORE_SPAN


def top_positions(keys: ScaledIntegers, limit: int) -> Positions:
    """Gives the columns of the largest keys, best first.

    Args:
        keys: Distinct within a row where not negative, shape (rows, columns).
        limit: How many to give.

    Returns:
        Columns, shape (rows, min(limit, columns)); -1 where a row has no more keys >= 0.
    """
    count = min(limit, keys.shape[1])
    if not count:
        return np.empty((keys.shape[0], 0), dtype=np.int64)
    top = np.argpartition(keys, keys.shape[1] - count, axis=1)[:, -count:]
    top_keys = np.take_along_axis(keys, top, axis=1)
    order = np.argsort(-top_keys, axis=1, kind="stable")
    top_keys = np.take_along_axis(top_keys, order, axis=1)
    return np.where(top_keys >= 0, np.take_along_axis(top, order, axis=1), -1)
