"""A family of classifiers that reads texts word by word: a gated recurrent unit and a linear layer.

    scores = h W + compound v + b

h is the state after the last word (marquee.ml.neural.gru), compound the score of the lexicon.
Training needs the extra `deep`; scoring does not.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from marquee.ml.dense_index import Positions
from marquee.ml.neural.gru import DIGITS, FloatArray, GruWeights
from marquee.ml.neural.training import Weights, initial_gru, read_gru, train
from marquee.ml.sentiment.labelled import LabelledTexts, vocabulary
from marquee.ml.sentiment.linear import TERM
from marquee.ml.sentiment.specification import SentimentSpecification
from marquee.ml.sentiment.terms import WORD, Texts, words_of
from marquee.ml.tabular.artifacts import ArtifactRow

EMBEDDING = "embedding"
"""Of words; kept as what the family knows (TERM), as linear families keep theirs."""
_NETWORK, _WINDOW = "network", "window"
_OUTPUT, _LEXICON, _BIAS = "output_kernel", "lexicon_kernel", "output_bias"
_UNITS = 1_000
"""Rows of training are whole numbers: compounds are counted in thousandths."""


def fit_recurrent(
    labelled: LabelledTexts, specification: SentimentSpecification
) -> list[ArtifactRow]:
    """Trains word vectors, unit and layer; words that few authors use are passed over."""
    config = specification.recurrent
    places = vocabulary(labelled, specification)
    terms = labelled.texts.terms[places].tolist()
    words = sorted(
        term.removeprefix(WORD) for term in terms if term.startswith(WORD) and " " not in term
    )
    classes = len(labelled.classes)
    weights = initial_gru(np.random.default_rng(specification.seed), len(words), config.dimension)
    shares = np.bincount(labelled.labels, minlength=classes) + specification.smoothing
    weights[_OUTPUT] = np.zeros((config.dimension, classes), np.float32)
    weights[_LEXICON] = np.zeros(classes, np.float32)
    weights[_BIAS] = np.log(shares / shares.sum()).astype(np.float32)
    compounds = np.rint(labelled.texts.compounds * _UNITS).astype(np.int64)
    windows = _windows(labelled.texts, words, config.window)
    rows = np.column_stack([windows, labelled.labels, compounds])
    if not words:
        # Nothing can be read: what is left are the shares of the classes.
        rows = rows[:0]
    found = train(weights, _loss, rows, labelled.authors, config, specification.seed)
    return [
        ArtifactRow(_NETWORK, _WINDOW, "", str(config.window)),
        *_matrix_rows(TERM, [WORD + word for word in words], found.pop(EMBEDDING)),
        *(
            row
            for name, values in sorted(found.items())
            for row in _matrix_rows(name, _numbers(len(np.atleast_2d(values))), values)
        ),
    ]


def recurrent_scores(rows: Iterable[ArtifactRow], texts: Texts) -> FloatArray:
    """Gives the scores that `fit_recurrent` has written down, shape (texts, classes)."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.artifact_name, {})[row.entry_id] = row.entry_text
    vectors_of = found.get(TERM, {})
    words = sorted(term.removeprefix(WORD) for term in vectors_of)
    kernels = {
        name: np.array([found[name][entry].split() for entry in sorted(found[name])], dtype=float)
        for name in ("input_kernel", "recurrent_kernel", "gate_bias", _OUTPUT, _LEXICON, _BIAS)
    }
    vectors = np.array([vectors_of[WORD + word].split() for word in words], dtype=float)
    gru = GruWeights(
        vectors.reshape(len(words), len(kernels[_OUTPUT])),
        kernels["input_kernel"],
        kernels["recurrent_kernel"],
        kernels["gate_bias"][0],
    )
    states = gru.states(_windows(texts, words, int(found[_NETWORK][_WINDOW])))
    scores: FloatArray = (
        states @ kernels[_OUTPUT] + texts.compounds[:, None] * kernels[_LEXICON] + kernels[_BIAS]
    )
    return scores


def _windows(texts: Texts, words: list[str], length: int) -> Positions:
    """Gives the last known words of each text, -1 on the left of short ones."""
    places = {word: place for place, word in enumerate(words)}
    windows = np.full((len(texts), length), -1, dtype=np.int64)
    for row, text in enumerate(texts.texts):
        known = [places[word] for word in words_of(text) if word in places][-length:]
        windows[row, length - len(known) :] = known
    return windows


def _loss(jax: Any, weights: Weights, batch: Any, key: Any, dropout: float) -> Any:
    """Mean negative log-likelihood of the labels; a label of -1 has no weight."""
    numpy = jax.numpy
    windows, labels, compounds = batch[:, :-2], batch[:, -2], batch[:, -1] / _UNITS
    states = read_gru(jax, weights, windows, key, dropout)[:, -1]
    scores = states @ weights[_OUTPUT] + compounds[:, None] * weights[_LEXICON] + weights[_BIAS]
    chances = jax.nn.log_softmax(scores)
    own = numpy.take_along_axis(chances, numpy.maximum(labels, 0)[:, None], axis=1)[:, 0]
    counts = labels >= 0
    return -(own * counts).sum() / numpy.maximum(counts.sum(), 1)


def _matrix_rows(name: str, entries: list[str], values: FloatArray) -> list[ArtifactRow]:
    return [
        ArtifactRow(name, entry, "", " ".join(f"{value:.{DIGITS}f}" for value in row))
        for entry, row in zip(entries, np.atleast_2d(values).tolist(), strict=True)
    ]


def _numbers(count: int) -> list[str]:
    return [f"{number:04d}" for number in range(count)]
