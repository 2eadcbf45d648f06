"""Texts with what they say, and the terms of them that may be learned."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from marquee.ml.dense_index import Positions
from marquee.ml.sentiment.specification import SentimentSpecification
from marquee.ml.sentiment.terms import Texts


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Texts with what they say.

    Attributes:
        texts: The texts.
        labels: Place of each text's class among `classes`, shape (texts,).
        authors: Number of each text's author, shape (texts,).
        classes: Places in SENTIMENTS of the classes that occur, rising.
    """

    texts: Texts
    labels: Positions
    authors: Positions
    classes: tuple[int, ...]

    def take(self, rows: Positions) -> "LabelledTexts":
        """Gives some of them; the classes stay."""
        return LabelledTexts(
            self.texts.take(rows), self.labels[rows], self.authors[rows], self.classes
        )


def vocabulary(labelled: LabelledTexts, specification: SentimentSpecification) -> Positions:
    """Gives the places of the terms that enough authors use, rising; the most used ones."""
    presence = labelled.texts.presence
    authors = np.unique(labelled.authors, return_inverse=True)[1]
    if len(authors) and authors.max() + 1 < len(authors):
        texts = np.arange(len(authors))
        by_author = sp.csr_array((np.ones(len(authors)), (authors, texts)))
        presence = (by_author @ presence).tocsr()
    counts = np.bincount(presence.indices, minlength=presence.shape[1])
    places = np.flatnonzero(counts >= specification.minimum_author_count)
    # Stable, so of equally frequent terms the first by name stay.
    order = np.argsort(-counts[places], kind="stable")[: specification.maximum_terms]
    return np.sort(places[order])
