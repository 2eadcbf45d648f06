"""Labelled texts: each distinct one once, and which of them are held back."""

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from marquee.ml.sentiment.cleaning import clean_text
from marquee.ml.sentiment.labelled import LabelledTexts
from marquee.ml.sentiment.specification import SENTIMENTS, SentimentSpecification
from marquee.ml.sentiment.terms import read_texts

_HELD_AUTHORS = 5
"""Of so many authors one is held back where time cannot part texts."""


@dataclass(frozen=True)
class DistinctText:
    """A clean text that people have written, once or often.

    Attributes:
        text: The text.
        label: Place in SENTIMENTS of what most of its posts were labelled.
        author: Smallest id of those who wrote it.
    """

    text: str
    label: int
    author: str


@dataclass(frozen=True, eq=False)
class Split:
    """Texts to train with and texts to judge by, which share none.

    Attributes:
        name: newest_<first day held back>, or authors_<snapshot day>.
        train: Sorted by text.
        test: Sorted by text.
    """

    name: str
    train: list[DistinctText]
    test: list[DistinctText]


def split_labels(
    labels: pa.Table, as_of_date: dt.date, specification: SentimentSpecification
) -> Split:
    """Holds texts back: the newest, or, if they are too few, those of a fifth of the authors.

    What was said of a text in the held-back time is not known to its label in training.

    Args:
        labels: customer_id, post_text, labelled_sentiment and label_received_date, in any order.
        as_of_date: The snapshot day.
        specification: Settings.
    """
    cutoff = as_of_date - dt.timedelta(days=specification.holdout_days)
    texts = [clean_text(text) for text in labels["post_text"].to_pylist()]
    authors = labels["customer_id"].to_pylist()
    places = [SENTIMENTS.index(name) for name in labels["labelled_sentiment"].to_pylist()]
    rows = list(zip(texts, places, authors, strict=True))
    is_new = [day >= cutoff for day in labels["label_received_date"].to_pylist()]
    split = _split(f"newest_{cutoff}", rows, is_new)
    enough = len(split.train) >= specification.minimum_texts
    if enough and len(split.test) >= specification.minimum_holdout_texts:
        return split
    return _split(f"authors_{as_of_date}", rows, [_is_held(author) for author in authors])


def as_labelled(texts: list[DistinctText], specification: SentimentSpecification) -> LabelledTexts:
    """Reads texts for estimators; classes are those that occur."""
    classes, labels = np.unique([text.label for text in texts], return_inverse=True)
    authors = np.unique([text.author for text in texts], return_inverse=True)[1]
    return LabelledTexts(
        read_texts([text.text for text in texts], specification.minimum_confidence),
        labels.astype(np.int64),
        authors.astype(np.int64),
        tuple(int(place) for place in classes),
    )


def _is_held(author: str) -> bool:
    """Says so of the same authors on every day."""
    return int(hashlib.sha256(author.encode()).hexdigest()[:8], 16) % _HELD_AUTHORS == 0


def _split(name: str, rows: list[tuple[str, int, str]], is_held: list[bool]) -> Split:
    parted: tuple[list[tuple[str, int, str]], ...] = ([], [])
    for row, held in zip(rows, is_held, strict=True):
        parted[held].append(row)
    train = _distinct(parted[0])
    # Also those on which people disagreed, and which taught nothing for that.
    seen = {text for text, _, _ in parted[0]}
    return Split(name, train, [text for text in _distinct(parted[1]) if text.text not in seen])


def _distinct(rows: list[tuple[str, int, str]]) -> list[DistinctText]:
    """Counts each text once; drops blank ones, and those without a most frequent label."""
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    authors: dict[str, str] = {}
    for text, label, author in rows:
        counts[text][label] += 1
        authors[text] = min(author, authors.get(text, author))
    found = []
    for text in sorted(counts):
        first, *others = counts[text].most_common()
        if text and not (others and others[0][1] == first[1]):
            found.append(DistinctText(text, first[0], authors[text]))
    return found
