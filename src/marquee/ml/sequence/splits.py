"""Which next titles are predicted in an evaluation, from models that know nothing of them."""

from dataclasses import dataclass

import numpy as np

from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import BoolArray
from marquee.ml.recommendation.splits import MINIMUM_CUSTOMER_ROWS
from marquee.ml.sequence.sequences import Sequences
from marquee.ml.sequence.specification import SequenceSpecification


@dataclass(frozen=True, eq=False)
class Split:
    """Rows to train on, and rows to predict.

    Attributes:
        name: date or customer_time.
        is_train: Rows to train on, shape (rows,).
        asked: Rows to predict from those before them, rising, shape (rows asked,).
    """

    name: str
    is_train: BoolArray
    asked: Positions


def split_sequences(sequences: Sequences, specification: SequenceSpecification) -> Split:
    """Cuts by one date if enough customers have rows on both sides, else each customer's last rows.

    Either way a model learns from what came before the cut and predicts what came after it, one
    title after the other, each from all that came before it.
    """
    first_at, customers = sequences.first_at, sequences.customers
    count = len(sequences.customer_ids)
    if len(sequences):
        ordered = np.sort(first_at)
        cutoff = ordered[int((1.0 - specification.test_share) * len(ordered))]
        is_train = first_at < cutoff
        before = np.bincount(customers[is_train], minlength=count)
        after = np.bincount(customers[~is_train], minlength=count)
        usable = (before >= MINIMUM_CUSTOMER_ROWS) & (after > 0)
        if usable.sum() >= specification.minimum_date_split_customers:
            return _split("date", sequences, is_train, usable, specification)
    sizes = np.diff(sequences.starts)
    held = np.maximum(1, (sizes * specification.test_share).astype(np.int64))
    usable = sizes >= MINIMUM_CUSTOMER_ROWS
    is_train = sequences.places < np.where(usable, sizes - held, sizes)[customers]
    return _split("customer_time", sequences, is_train, usable, specification)


def _split(
    name: str,
    sequences: Sequences,
    is_train: BoolArray,
    usable: BoolArray,
    specification: SequenceSpecification,
) -> Split:
    candidates = np.flatnonzero(usable)
    drawn = np.random.default_rng(specification.seed).permutation(len(candidates))
    chosen = np.zeros(len(usable), dtype=np.bool_)
    chosen[candidates[drawn[: specification.evaluated_customers]]] = True
    asked = ~is_train & chosen[sequences.customers] & sequences.has_history()
    return Split(name, is_train, np.flatnonzero(asked))
