"""Classifiers whose scores are sums over the terms of a text."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from marquee.ml.sentiment.labelled import LabelledTexts, vocabulary
from marquee.ml.sentiment.lexicon import NEUTRAL_UP_TO
from marquee.ml.sentiment.specification import SentimentSpecification
from marquee.ml.sentiment.terms import CHARACTERS, Texts
from marquee.ml.tabular.artifacts import ArtifactRow

Floats = npt.NDArray[np.float64]
INTERCEPT, TERM, LEXICON_TERM = "intercept", "term", "lexicon"
_ITERATIONS, _TOLERANCE = 100, 1e-3
_FIXED_SLOPE = 4.0
"""What a compound score of the lexicon is multiplied with where nothing tells better."""


def fit_constant(
    labelled: LabelledTexts, specification: SentimentSpecification
) -> list[ArtifactRow]:
    """Learns the shares of the classes, whatever is said."""
    counts = np.bincount(labelled.labels, minlength=len(labelled.classes)) + specification.smoothing
    return _linear_rows([], np.empty(0), np.empty((0, len(counts))), np.log(counts / counts.sum()))


def fit_lexicon(labelled: LabelledTexts, _: SentimentSpecification) -> list[ArtifactRow]:
    """Learns nothing: the lexicon's own limits decide."""
    direction = np.array(labelled.classes) - 1.0
    intercept = _FIXED_SLOPE * NEUTRAL_UP_TO * (direction == 0)
    return _linear_rows([LEXICON_TERM], np.ones(1), _FIXED_SLOPE * direction[None, :], intercept)


def fit_naive_bayes(
    labelled: LabelledTexts, specification: SentimentSpecification
) -> list[ArtifactRow]:
    """Fits complement naive Bayes over words and pairs (Rennie et al. 2003, section 3.1)."""
    places = vocabulary(labelled, specification)
    places = places[labelled.texts.is_word[places]]
    presence = labelled.texts.presence[:, places]
    counts = _counts_by_class(presence, labelled) + specification.smoothing
    others = counts.sum(axis=0) - counts
    weights = -np.log(others / others.sum(axis=1, keepdims=True))
    weights -= weights.mean(axis=0)
    shares = np.bincount(labelled.labels, minlength=len(counts)) + specification.smoothing
    terms = labelled.texts.terms[places].tolist()
    return _linear_rows(terms, np.zeros(len(terms)), weights.T, np.log(shares / shares.sum()))


def fit_logistic_regression(
    labelled: LabelledTexts, specification: SentimentSpecification
) -> list[ArtifactRow]:
    """Fits a softmax regression over scaled terms and the lexicon's score."""
    estimator = LogisticRegression(
        C=1.0 / specification.logistic_penalty, max_iter=_ITERATIONS, tol=_TOLERANCE
    )
    return _fit_scaled(labelled, specification, estimator)


def fit_linear_svm(
    labelled: LabelledTexts, specification: SentimentSpecification
) -> list[ArtifactRow]:
    """Fits support vector machines, a class against the rest, with squared hinges."""
    estimator = LinearSVC(C=1.0 / specification.svm_penalty, dual=False, tol=_TOLERANCE)
    return _fit_scaled(labelled, specification, estimator)


def linear_scores(rows: Iterable[ArtifactRow], texts: Texts) -> Floats:
    """Gives the scores that linear families have written down, shape (texts, classes)."""
    terms: list[str] = []
    numbers: list[list[str]] = []
    intercept = np.empty(0)
    for row in rows:
        if row.artifact_name == INTERCEPT:
            intercept = np.array(row.entry_text.split(), dtype=np.float64)
        elif row.artifact_name == TERM:
            terms.append(row.entry_id)
            numbers.append(row.entry_text.split())
    values = np.array(numbers, dtype=np.float64).reshape(len(terms), 1 + len(intercept))
    scores: Floats = _design(texts, terms, values[:, 0]) @ values[:, 1:] + intercept
    return scores


def _counts_by_class(presence: sp.csr_array, labelled: LabelledTexts) -> Floats:
    """Gives how many texts of each class have a term, shape (classes, terms)."""
    texts = np.arange(len(labelled.labels))
    shape = (len(labelled.classes), len(texts))
    membership = sp.csr_array((np.ones(len(texts)), (labelled.labels, texts)), shape=shape)
    counts: Floats = (membership @ presence).toarray()
    return counts


def _scales(counts: Floats, smoothing: float) -> Floats:
    """Gives how much a term tells, shape (terms,): log-count ratios, a class against the rest.

    With two classes their absolute value, as in Wang and Manning 2012
    (https://aclanthology.org/P12-2018); with more the root of the mean square.
    """
    own = counts + smoothing
    others = counts.sum(axis=0) - counts + smoothing
    ratios = np.log(own / own.sum(axis=1, keepdims=True))
    ratios -= np.log(others / others.sum(axis=1, keepdims=True))
    scales: Floats = np.sqrt((ratios**2).mean(axis=0))
    return scales


def _design(texts: Texts, terms: list[str], scales: Floats) -> sp.csr_array:
    """Gives the features of texts, shape (texts, terms).

    Scaled terms have length 1 for each text, words and parts of words apart; a scale of 0 means
    that presence counts as it is.
    """
    is_lexicon = np.array([term == LEXICON_TERM for term in terms], dtype=np.bool_)
    features = texts.columns(terms)
    if scales.any():
        is_part = np.array([term.startswith(CHARACTERS) for term in terms], dtype=np.bool_)
        features = features @ sp.diags_array(scales)
        blocks = [
            _unit_rows(features @ sp.diags_array(block.astype(np.float64)))
            for block in (~is_part & ~is_lexicon, is_part)
        ]
        features = blocks[0] + blocks[1]
    if is_lexicon.any():
        own = sp.csr_array(is_lexicon.astype(np.float64)[None, :])
        features = features + sp.csr_array(texts.compounds[:, None]) @ own
    return sp.csr_array(features)


def _unit_rows(matrix: sp.csr_array) -> sp.csr_array:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.diags_array(1.0 / np.where(lengths == 0, 1.0, lengths)) @ matrix


def _fit_scaled(
    labelled: LabelledTexts,
    specification: SentimentSpecification,
    estimator: LogisticRegression | LinearSVC,
) -> list[ArtifactRow]:
    places = vocabulary(labelled, specification)
    counts = _counts_by_class(labelled.texts.presence[:, places], labelled)
    # Rounded before the fit, so that the coefficients are those of the features that will score.
    scales = np.maximum(np.round(_scales(counts, specification.smoothing), 6), 1e-6)
    terms = [LEXICON_TERM, *labelled.texts.terms[places].tolist()]
    scales = np.append(1.0, scales)
    features = _design(labelled.texts, terms, scales)
    # liblinear takes no other integers.
    features.indices, features.indptr = (
        own.astype(np.int32) for own in (features.indices, features.indptr)
    )
    estimator.fit(features, labelled.labels)
    coefficients, intercept = estimator.coef_.T, estimator.intercept_
    if len(labelled.classes) == 2:
        # One score tells two classes apart; each gets half of it.
        sides = np.array([-0.5, 0.5])
        coefficients, intercept = coefficients * sides, intercept * sides
    return _linear_rows(terms, scales, coefficients, intercept)


def _linear_rows(
    terms: list[str], scales: Floats, coefficients: Floats, intercept: Floats
) -> list[ArtifactRow]:
    """Writes one row a term: its scale and a coefficient for each class, six decimals."""
    values = np.column_stack([scales, coefficients])
    rows = [ArtifactRow(INTERCEPT, "", "", " ".join(f"{value:.6f}" for value in intercept))]
    rows += [
        ArtifactRow(TERM, term, "", " ".join([f"{value:.6f}" for value in own]))
        for term, own in zip(terms, values.tolist(), strict=True)
    ]
    return rows
