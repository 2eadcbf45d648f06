"""Scores of new titles: what the champion cannot know yet, their contents say.

Of a title t that n customers have, in units of the champion's score,

    score(c, t) = n / (n + m) * champion(c, t)
                + m / (n + m) * strength * best(c) * cosine(c, t)

where best(c) is the customer's highest score by the champion, cosine(c, t) that of the title and of
the weighted sum of the titles in the customer's history, and m (prior_customers) how many customers
the contents are worth. Titles with so many customers that the second weight is below 5 % keep the
champion's score.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import normalize

from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import FloatArray
from marquee.ml.recommendation.neighbors import strongest_terms
from marquee.ml.recommendation.scorer import Scorer

_LEAST_CONTENT_WEIGHT = 0.05


@dataclass(frozen=True)
class BlendConfig:
    """Settings of blending.

    Attributes:
        prior_customers: Customers of a title from which the champion knows as much as its contents
            say; 0 leaves contents out.
        content_strength: Score of a title that is all that a customer likes, and that nobody has,
            against the highest that the champion gives the customer.
    """

    prior_customers: float = field(default=1.0, metadata={"minimum": 0.0})
    content_strength: float = field(default=0.5, metadata={"minimum": 0.0})


class BlendedScorer:
    """The champion where customers have told enough of a title, its contents where not."""

    def __init__(
        self,
        champion: Scorer,
        vectors: sp.csr_matrix,
        customer_counts: Positions,
        config: BlendConfig,
    ) -> None:
        """Weighs titles.

        Args:
            champion: Scores by what customers have told.
            vectors: Contents, rows of length 1 or 0, shape (titles, values).
            customer_counts: Customers who have each title, shape (titles,).
            config: Settings.
        """
        prior = config.prior_customers
        weights = prior / np.maximum(customer_counts + prior, 1e-12)
        self._champion = champion
        self._vectors = vectors
        # Of a title without contents the champion knows more, however little that is.
        is_described = np.diff(vectors.indptr) > 0
        self._blended = np.flatnonzero(is_described & (weights >= _LEAST_CONTENT_WEIGHT))
        self._weights = weights[self._blended]
        self._strength = config.content_strength

    def scores(self, history: sp.csr_matrix) -> FloatArray:
        """Scores titles, shape (customers, titles)."""
        scores = self._champion.scores(history)
        told, shown = self._parts(history, scores)
        scores[:, self._blended] = told + shown
        return scores

    def reasons(self, history: sp.csr_matrix, targets: Positions) -> Positions:
        """Gives the title of the history that says most for each target, by the larger part.

        Args:
            history: Interaction weights, shape (customers, titles).
            targets: Positions of titles, -1 for none, shape (customers, targets).

        Returns:
            Positions of titles, shape (customers, targets); -1 where no term is above 0.
        """
        reasons = self._champion.reasons(history, targets)
        told, shown = self._parts(history, self._champion.scores(history))
        places = np.full(history.shape[1] + 1, -1)
        places[self._blended] = np.arange(len(self._blended))
        columns = places[targets]
        rows = np.arange(len(targets))[:, None]
        is_shown = columns >= 0
        if not is_shown.any():
            return reasons
        is_shown &= shown[rows, columns] > told[rows, columns]
        by_content = strongest_terms(history, np.where(is_shown, targets, -1), self._likenesses)
        return np.where(is_shown, by_content, reasons)

    def _parts(self, history: sp.csr_matrix, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gives the champion's and the contents' part, each of shape (customers, blended)."""
        cosines = content_cosines(history, self._vectors, self._blended)
        best = np.maximum(scores.max(axis=1, initial=0.0), 0.0)[:, None]
        told = (1.0 - self._weights) * scores[:, self._blended]
        return told, self._weights * self._strength * best * cosines

    def _likenesses(self, titles: Positions) -> FloatArray:
        return np.asarray((self._vectors @ self._vectors[titles].T).toarray())


def content_cosines(
    history: sp.csr_matrix, vectors: sp.csr_matrix, titles: Positions
) -> FloatArray:
    """Gives how much titles are like what customers have turned to.

    Args:
        history: Interaction weights, shape (customers, titles).
        vectors: Contents, rows of length 1 or 0, shape (titles, values).
        titles: Titles to compare, shape (asked,).

    Returns:
        Cosines from 0 to 1, 0 without a history, shape (customers, asked).
    """
    liked = history @ vectors
    if liked.shape[0]:
        liked = normalize(liked)
    return np.asarray((liked @ vectors[titles].T).toarray())
