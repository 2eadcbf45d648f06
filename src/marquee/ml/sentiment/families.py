"""Families of classifiers, each by two functions: texts to rows of text, and these to scores.

A new family is a line in `FAMILIES`: `fit` gets texts and the places of their classes and writes
down what it has learned, `scores` reads that. Classes, calibration, languages, versions, measures
and decisions are those of all families. Scores are logits: the softmax of them, times a slope,
makes probabilities.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marquee.ml.sentiment.labelled import LabelledTexts
from marquee.ml.sentiment.linear import (
    fit_constant,
    fit_lexicon,
    fit_linear_svm,
    fit_logistic_regression,
    fit_naive_bayes,
    linear_scores,
)
from marquee.ml.sentiment.recurrent import fit_recurrent, recurrent_scores
from marquee.ml.sentiment.specification import LEXICON, RECURRENT, SentimentSpecification
from marquee.ml.sentiment.terms import Texts
from marquee.ml.tabular.artifacts import ArtifactRow

Floats = npt.NDArray[np.float64]
Fit = Callable[[LabelledTexts, SentimentSpecification], list[ArtifactRow]]
Scores = Callable[[Iterable[ArtifactRow], Texts], Floats]


@dataclass(frozen=True)
class Family:
    """One way to learn what texts say.

    Attributes:
        fit: Labelled texts and settings to rows (the names `model`, `class`, `training`,
            `calibration`, `language` and `fold` are taken).
        scores: Such rows and texts to scores, shape (texts, classes of the training).
    """

    fit: Fit
    scores: Scores


FAMILIES: Mapping[str, Family] = {
    "constant": Family(fit_constant, linear_scores),
    LEXICON: Family(fit_lexicon, linear_scores),
    "naive_bayes": Family(fit_naive_bayes, linear_scores),
    "logistic_regression": Family(fit_logistic_regression, linear_scores),
    "linear_svm": Family(fit_linear_svm, linear_scores),
    RECURRENT: Family(fit_recurrent, recurrent_scores),
}
