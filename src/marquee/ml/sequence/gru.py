"""A recurrent network over titles: what comes next by all that came before, scored with numpy.

    P(next) = softmax(h Eᵀ + bias)

h is the state after the last title (marquee.ml.neural.gru), E the vectors of the titles.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from marquee.ml.decimals import round_to_scale
from marquee.ml.dense_index import Positions, positions_of
from marquee.ml.neural.gru import DIGITS, FloatArray, GruWeights
from marquee.ml.neural.settings import GruConfig
from marquee.ml.neural.training import Weights, initial_gru, read_gru, train
from marquee.ml.recommendation.interactions import BoolArray
from marquee.ml.recommendation.parameters import (
    PARAMETER_SCHEMA,
    VALUE_SCALE,
    parameter_matrix,
    parameter_table,
    select_parameters,
)
from marquee.ml.sequence.markov import title_shares
from marquee.ml.sequence.sequences import Sequences
from marquee.ml.sequence.specification import GRU

EMBEDDING, OUTPUT_BIAS = "embedding", "output_bias"
INPUT_KERNEL, RECURRENT_KERNEL, GATE_BIAS = "input_kernel", "recurrent_kernel", "gate_bias"


@dataclass(frozen=True, eq=False)
class NextTitleWeights:
    """What a trained network knows.

    Attributes:
        gru: The unit; its entries are titles.
        output_bias: Of each title, shape (titles,).
    """

    gru: GruWeights
    output_bias: FloatArray


def fit_gru(sequences: Sequences, is_train: BoolArray, config: GruConfig, seed: int) -> pa.Table:
    """Trains a network to predict each title from those before it.

    Args:
        sequences: Rows.
        is_train: Rows to learn from, of each customer the first ones, shape (rows,).
        config: Settings.
        seed: Seed of weights, order and dropout.

    Returns:
        Table of PARAMETER_SCHEMA, every weight with six decimals.

    Raises:
        ValueError: If the extra `deep` is not installed.
    """
    titles = np.unique(sequences.titles[is_train])
    shares = title_shares(sequences, is_train)[titles]
    weights = initial_gru(np.random.default_rng(seed), len(titles), config.dimension)
    weights[OUTPUT_BIAS] = np.log(np.maximum(shares, 1e-9)).astype(np.float32)
    windows, customers = _windows(sequences, is_train, titles, config.window)
    found = train(weights, _loss, windows, customers, config, seed)
    bias = found.pop(OUTPUT_BIAS)
    return gru_table(
        NextTitleWeights(GruWeights(**found), bias), sequences.title_ids.take(pa.array(titles))
    )


class GruScorer:
    """Reads the past and gives a probability to each title."""

    def __init__(self, weights: NextTitleWeights, is_known: FloatArray, window: int) -> None:
        """Takes weights, 1 for each title that was trained with, and how far to look back."""
        self._weights = weights
        self._is_known = is_known
        self._window = window

    def probabilities(self, windows: Positions) -> FloatArray:
        """See `scoring.Scorer`; a title that was not trained with has none and is passed over."""
        known = np.where((windows >= 0) & (self._is_known[windows] > 0), windows, -1)
        states = self._weights.gru.states(known[:, -self._window :])
        logits = states @ self._weights.gru.embedding.T + self._weights.output_bias
        logits -= logits.max(axis=1, keepdims=True)
        weights = np.exp(logits) * self._is_known
        found: FloatArray = weights / weights.sum(axis=1, keepdims=True)
        return found


def gru_table(weights: NextTitleWeights, title_ids: pa.StringArray) -> pa.Table:
    """Writes weights as a table of PARAMETER_SCHEMA, every value of every matrix.

    Args:
        weights: Weights.
        title_ids: Titles that were trained with, sorted, shape (titles,).
    """
    dimension = weights.gru.embedding.shape[1]
    of_state, of_gates = _numbers(dimension), _numbers(3 * dimension)
    one = pa.array([""], pa.string())
    tables = [PARAMETER_SCHEMA.empty_table()]
    for name, row_ids, column_ids, values in (
        (EMBEDDING, title_ids, of_state, weights.gru.embedding),
        (OUTPUT_BIAS, title_ids, one, weights.output_bias[:, None]),
        (INPUT_KERNEL, of_state, of_gates, weights.gru.input_kernel),
        (RECURRENT_KERNEL, of_state, of_gates, weights.gru.recurrent_kernel),
        (GATE_BIAS, one, of_gates, weights.gru.gate_bias[None, :]),
    ):
        rows, columns = np.indices(values.shape).reshape(2, -1)
        kept = round_to_scale(np.round(values.ravel(), DIGITS), VALUE_SCALE)
        tables.append(parameter_table(GRU, name, row_ids, column_ids, rows, columns, kept))
    return pa.concat_tables(tables)


def gru_scorer(parameters: pa.Table, title_ids: pa.StringArray, config: GruConfig) -> GruScorer:
    """Builds the scorer of stored weights.

    Args:
        parameters: Table of PARAMETER_SCHEMA, of any algorithms.
        title_ids: Titles of windows and to score, sorted.
        config: Settings that the weights were trained with.
    """
    of_state, of_gates = _numbers(config.dimension), _numbers(3 * config.dimension)
    one = pa.array([""], pa.string())
    chosen = {
        name: select_parameters(parameters, GRU, name)
        for name in (EMBEDDING, OUTPUT_BIAS, INPUT_KERNEL, RECURRENT_KERNEL, GATE_BIAS)
    }
    matrices = {
        name: parameter_matrix(chosen[name], row_ids, column_ids).toarray()
        for name, row_ids, column_ids in (
            (EMBEDDING, title_ids, of_state),
            (OUTPUT_BIAS, title_ids, one),
            (INPUT_KERNEL, of_state, of_gates),
            (RECURRENT_KERNEL, of_state, of_gates),
            (GATE_BIAS, one, of_gates),
        )
    }
    is_known = np.zeros(len(title_ids))
    known = positions_of(chosen[OUTPUT_BIAS]["row_id"], title_ids)
    is_known[known[known >= 0]] = 1.0
    return GruScorer(
        NextTitleWeights(
            GruWeights(
                matrices[EMBEDDING],
                matrices[INPUT_KERNEL],
                matrices[RECURRENT_KERNEL],
                matrices[GATE_BIAS][0],
            ),
            matrices[OUTPUT_BIAS][:, 0],
        ),
        is_known,
        config.window,
    )


def _numbers(count: int) -> pa.StringArray:
    return pa.array([f"{number:04d}" for number in range(count)], pa.string())


def _windows(
    sequences: Sequences, is_train: BoolArray, titles: Positions, length: int
) -> tuple[Positions, Positions]:
    """Cuts sequences into windows of one title more than is looked back on, and their customers.

    Windows overlap by one title, so that each title but a customer's first is predicted once.
    """
    places = np.full(len(sequences.title_ids), -1)
    places[titles] = np.arange(len(titles))
    counts = np.bincount(sequences.customers[is_train], minlength=len(sequences.customer_ids))
    ends = sequences.starts[:-1] + counts - 1
    found, owners = [], []
    while True:
        # From the newest title backwards: what is left over is the oldest part.
        own = np.flatnonzero(ends > sequences.starts[:-1])
        if not len(own):
            break
        found.append(sequences.windows(ends[own], length + 1))
        owners.append(own)
        ends = ends - length
    if not found:
        return np.empty((0, length + 1), dtype=np.int64), np.empty(0, dtype=np.int64)
    titles_found = np.concatenate(found)
    return np.where(titles_found >= 0, places[titles_found], -1), np.concatenate(owners)


def _loss(jax: Any, weights: Weights, batch: Any, key: Any, dropout: float) -> Any:
    """Mean negative log-likelihood of each title after the first of its window."""
    numpy = jax.numpy
    past, following = batch[:, :-1], batch[:, 1:]
    states = read_gru(jax, weights, past, key, dropout)
    chances = jax.nn.log_softmax(states @ weights[EMBEDDING].T + weights[OUTPUT_BIAS])
    own = numpy.take_along_axis(chances, numpy.maximum(following, 0)[..., None], axis=2)[..., 0]
    counts = (past >= 0) & (following >= 0)
    return -(own * counts).sum() / numpy.maximum(counts.sum(), 1)
