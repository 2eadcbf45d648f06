"""First-order Markov model and its popularity: counts, smoothed, in long form.

    P(b after a) = (n(a, b) + m · share(b)) / (n(a) + m)

n counts the customers who turned to b right after a, m is `prior_transitions`.
"""

import numpy as np
import pyarrow as pa

from marquee.ml.decimals import round_to_scale
from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import BoolArray, FloatArray
from marquee.ml.recommendation.parameters import VALUE_SCALE, parameter_table
from marquee.ml.sequence.sequences import Sequences
from marquee.ml.sequence.specification import MARKOV, POPULARITY, MarkovConfig

TRANSITION, BACKOFF, SHARE = "transition", "backoff", "share"
EVERYTHING = ""
"""Row or column id of parameters that are no matrix."""


def title_shares(sequences: Sequences, is_train: BoolArray) -> FloatArray:
    """Gives the share of each title in the training rows, shape (titles,)."""
    counts = np.bincount(sequences.titles[is_train], minlength=len(sequences.title_ids))
    shares: FloatArray = counts / max(1, counts.sum())
    return shares


def fit_popularity(sequences: Sequences, is_train: BoolArray) -> pa.Table:
    """Gives the shares of titles as a table of PARAMETER_SCHEMA."""
    return _share_table(POPULARITY, sequences, title_shares(sequences, is_train))


def fit_markov(sequences: Sequences, is_train: BoolArray, config: MarkovConfig) -> pa.Table:
    """Counts who went on with what.

    Args:
        sequences: Rows.
        is_train: Rows to learn from, of each customer the first ones, shape (rows,).
        config: Settings.

    Returns:
        Table of PARAMETER_SCHEMA: `transition` n(a, b) / (n(a) + m) for each pair that was seen,
        `backoff` m / (n(a) + m), and `share`.
    """
    count = len(sequences.title_ids)
    following = np.flatnonzero(is_train & sequences.has_history())
    before, after = sequences.titles[following - 1], sequences.titles[following]
    pairs, counts = np.unique(before * count + after, return_counts=True)
    totals = np.bincount(before, minlength=count) + config.prior_transitions
    rows, columns = pairs // count, pairs % count
    known: Positions = np.unique(before)
    return pa.concat_tables(
        [
            parameter_table(
                MARKOV,
                TRANSITION,
                sequences.title_ids,
                sequences.title_ids,
                rows,
                columns,
                round_to_scale(counts / totals[rows], VALUE_SCALE),
            ),
            parameter_table(
                MARKOV,
                BACKOFF,
                sequences.title_ids,
                pa.array([EVERYTHING], pa.string()),
                known,
                np.zeros(len(known), dtype=np.int64),
                round_to_scale(config.prior_transitions / totals[known], VALUE_SCALE),
            ),
            _share_table(MARKOV, sequences, title_shares(sequences, is_train)),
        ]
    )


def _share_table(algorithm: str, sequences: Sequences, shares: FloatArray) -> pa.Table:
    known = np.flatnonzero(shares > 0)
    return parameter_table(
        algorithm,
        SHARE,
        pa.array([EVERYTHING], pa.string()),
        sequences.title_ids,
        np.zeros(len(known), dtype=np.int64),
        known,
        round_to_scale(shares[known], VALUE_SCALE),
    )
