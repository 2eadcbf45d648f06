"""Sentences of film reviews, half of them positive (Pang and Lee 2005), and folds of them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from marquee.ml.dense_index import Positions
from marquee.ml.sentiment import SentimentSpecification
from marquee.ml.sentiment.cleaning import clean_text
from marquee.ml.sentiment.families import FAMILIES
from marquee.ml.sentiment.labelled import LabelledTexts
from marquee.ml.sentiment.terms import Texts, read_texts
from marquee.ml.tabular.specification import Criterion, SuccessCriteria

FOLDS = 10
NEGATIVE, POSITIVE = 0, 2
CRITERION = Criterion("macro_f1", 0.5)
SPECIFICATION = SentimentSpecification(
    objective="Is a sentence of a review negative or positive?",
    decision="None.",
    success_criteria=SuccessCriteria(CRITERION, CRITERION),
    candidates=("logistic_regression",),
    cadence="always",
)


def read_sentences(folder: Path) -> tuple[list[str], Positions]:
    """Gives the sentences and 0 or 1 (positive) for each."""
    parts = [
        (folder / "rt-polarity" / name).read_text(encoding="latin-1").splitlines()
        for name in ("rt-polarity.neg", "rt-polarity.pos")
    ]
    return [*parts[0], *parts[1]], np.repeat([0, 1], [len(part) for part in parts])


def folds_of(sentences: list[str], count: int = FOLDS) -> Positions:
    """Gives each sentence a fold that follows from its text: no text is in two."""
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in sentences]
    return np.array([int(digest[:8], 16) % count for digest in digests])


def cleaned(sentences: list[str]) -> Texts:
    """Reads sentences as training does, every one by an author of its own."""
    return read_texts([clean_text(text) for text in sentences], SPECIFICATION.minimum_confidence)


def accuracies(
    algorithm: str,
    texts: Texts,
    labels: Positions,
    folds: Positions,
    held: Iterable[int] = range(FOLDS),
) -> list[float]:
    """Gives the share that is right of each fold held back, learned from all others."""
    everything = LabelledTexts(texts, labels, np.arange(len(labels)), (NEGATIVE, POSITIVE))
    family = FAMILIES[algorithm]
    found = []
    for fold in held:
        rows = family.fit(everything.take(np.flatnonzero(folds != fold)), SPECIFICATION)
        test = everything.take(np.flatnonzero(folds == fold))
        said = family.scores(rows, test.texts).argmax(axis=1)
        found.append(float((said == test.labels).mean()))
    return found
