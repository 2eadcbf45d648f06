"""VADER, a lexicon of English words, emoticons and emoji with rules for negation and emphasis.

Hutto and Gilbert 2014 (https://doi.org/10.1609/icwsm.v8i1.14550): the baseline that trained models
have to beat, and one of their features.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

LANGUAGE = "en"
NEUTRAL_UP_TO = 0.05
"""Compound scores nearer to 0 are neutral, as its authors say."""


def compounds(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Gives each clean text's compound score, -1 (negative) to 1, shape (texts,)."""
    scores = _analyser().polarity_scores
    return np.array([scores(text)["compound"] for text in texts], dtype=np.float64)


@cache
def _analyser() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
