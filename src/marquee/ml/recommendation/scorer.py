"""What lists are made with: scores of titles, and reasons for them."""

from typing import Protocol

import scipy.sparse as sp

from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import FloatArray


class Scorer(Protocol):
    """What every ranking algorithm can do with its stored parameters."""

    def scores(self, history: sp.csr_matrix) -> FloatArray:
        """Scores all titles.

        Args:
            history: Interaction weights, shape (customers, titles).

        Returns:
            Scores, shape (customers, titles); above 0 where the title is recommended.
        """

    def reasons(self, history: sp.csr_matrix, targets: Positions) -> Positions:
        """Gives the title of the history with the largest term in each target's score.

        Args:
            history: Interaction weights, shape (customers, titles).
            targets: Positions of titles, -1 for none, shape (customers, targets).

        Returns:
            Positions of titles, shape (customers, targets); -1 where there is no reason.
        """
