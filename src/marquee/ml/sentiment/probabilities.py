"""Scores to probabilities: calibrated, and none where a version cannot judge."""

import re
from collections.abc import Iterable

import numpy as np
from scipy.optimize import minimize_scalar

from marquee.ml.artifacts import algorithm_of_rows
from marquee.ml.decimals import ScaledIntegers, round_to_scale
from marquee.ml.dense_index import Positions
from marquee.ml.sentiment.families import FAMILIES, Floats
from marquee.ml.sentiment.linear import TERM
from marquee.ml.sentiment.specification import SENTIMENTS
from marquee.ml.sentiment.terms import WORD, Texts
from marquee.ml.tabular.artifacts import ArtifactRow

CALIBRATION, CLASS, LANGUAGE = "calibration", "class", "language"
SCALE = 8
"""Decimals of a probability."""
UNJUDGED = -1
# One word or emoji: no pair, no mark, no placeholder.
_TELLING = re.compile(WORD + r"[^<!?.,;:()\s][^\s]*$")
_SLOPES = (-4.0, 4.0)
"""Logarithms of the least and the greatest slope that is tried."""
# Of equal probabilities the first of these counts.
_PREFERENCE = (1, 2, 0)


def probabilities(rows: Iterable[ArtifactRow], texts: Texts) -> ScaledIntegers:
    """Gives the probabilities of negative, neutral and positive, shape (texts, 3).

    Args:
        rows: A version's rows.
        texts: Clean texts.

    Returns:
        Units of 10 to the power -SCALE that add up to one; rows of zeros where the version cannot
        judge: in a language of which it has seen too few texts, or where it knows no word.
    """
    kept = list(rows)
    algorithm = algorithm_of_rows(kept)
    classes = [int(row.entry_id) for row in kept if row.artifact_name == CLASS]
    slope = next(float(row.entry_text) for row in kept if row.artifact_name == CALIBRATION)
    own = softmax(slope * FAMILIES[algorithm].scores(kept, texts))
    found = np.zeros((len(texts), len(SENTIMENTS)), dtype=np.int64)
    found[:, classes] = round_to_scale(own, SCALE)
    # The class of the greatest probability takes what rounding left.
    greatest = found.argmax(axis=1)
    found[np.arange(len(found)), greatest] += 10**SCALE - found.sum(axis=1)
    found[~is_judged(kept, texts)] = 0
    return found


def is_judged(rows: Iterable[ArtifactRow], texts: Texts) -> np.ndarray:
    """Tells which texts a version can judge, shape (texts,).

    A text in a known language counts if the version has seen enough of that language. One whose
    language is not certain, most of them short, counts if it has a word or emoji that the version
    knows; marks and placeholders are in every language. Blank texts never count.
    """
    kept = list(rows)
    languages = [row.entry_id for row in kept if row.artifact_name == LANGUAGE]
    words = [
        row.entry_id for row in kept if row.artifact_name == TERM and _TELLING.match(row.entry_id)
    ]
    known_words = np.asarray(texts.columns(words).sum(axis=1)).ravel() > 0
    has_evidence = known_words | (texts.compounds != 0)
    is_unsure = texts.languages == ""
    is_blank = np.array([not text for text in texts.texts], dtype=np.bool_)
    judged: np.ndarray = (
        np.isin(texts.languages, languages) | (is_unsure & has_evidence)
    ) & ~is_blank
    return judged


def sentiments_of(units: ScaledIntegers) -> Positions:
    """Gives the place in SENTIMENTS of the most probable one, UNJUDGED where all are 0.

    Of equal ones neutral counts before positive, and positive before negative.
    """
    preferred = np.array(_PREFERENCE)[units[:, _PREFERENCE].argmax(axis=1)]
    found: Positions = np.where(units.sum(axis=1) > 0, preferred, UNJUDGED)
    return found


def softmax(scores: Floats) -> Floats:
    """Gives the probabilities that belong to scores, shape (texts, classes)."""
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares


def log_loss(shares: Floats, labels: Positions) -> float:
    """Gives the mean negative logarithm of the labels' probabilities."""
    own = shares[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(own, 1e-15)).mean())


def fitted_slope(scores: Floats, labels: Positions) -> float:
    """Fits what scores are multiplied with (Guo et al. 2017, arXiv:1706.04599).

    Args:
        scores: Of texts that the model has not seen, shape (texts, classes).
        labels: Places of their classes, shape (texts,).

    Returns:
        The slope, rounded to six decimals; 1 unless a slope that is fitted on every second text
        lowers the log loss of the others, and the other way round.
    """
    halves = (slice(0, None, 2), slice(1, None, 2))
    if len(labels) < 2 * scores.shape[1]:
        return 1.0
    crossed = sum(
        log_loss(softmax(_slope(scores[own], labels[own]) * scores[other]), labels[other])
        for own, other in (halves, halves[::-1])
    )
    plain = sum(log_loss(softmax(scores[half]), labels[half]) for half in halves)
    return round(_slope(scores, labels), 6) if crossed < plain else 1.0


def _slope(scores: Floats, labels: Positions) -> float:
    found = minimize_scalar(
        lambda logarithm: log_loss(softmax(np.exp(logarithm) * scores), labels),
        bounds=_SLOPES,
        method="bounded",
    )
    return float(np.exp(found.x))
