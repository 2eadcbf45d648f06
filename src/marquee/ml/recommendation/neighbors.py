"""Neighbour weights between titles: pruning to the strongest, scoring, and reasons."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from marquee.ml.decimals import ScaledIntegers, round_to_scale
from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import FloatArray, raised
from marquee.ml.recommendation.parameters import parameter_matrix, select_parameters
from marquee.ml.recommendation.ranking import SCORE_SCALE, ordered_keys, top_positions

PARAMETER_NAME = "neighbor"


def strongest_rows(strengths: ScaledIntegers, limit: int) -> tuple[Positions, Positions]:
    """Picks the strongest rows of each column, ties by the lower row.

    Args:
        strengths: Not negative, shape (rows, columns); rows of strength 0 are never picked.
        limit: Most rows for each column.

    Returns:
        Row and column of each pick, two arrays of shape (picks,).
    """
    keys = ordered_keys(strengths.T)
    rows = top_positions(np.where(strengths.T > 0, keys, -1), limit)
    columns = np.repeat(np.arange(strengths.shape[1]), rows.shape[1])
    is_picked = rows.ravel() >= 0
    return rows.ravel()[is_picked], columns[is_picked]


class NeighborScorer:
    """Scores a title by the sum, over the titles of a history, of weight times neighbour value."""

    def __init__(
        self,
        parameters: pa.Table,
        algorithm: str,
        weight_exponent: float,
        title_ids: pa.StringArray,
    ) -> None:
        """Reads `neighbor` (row_id the title of the history, column_id the title to score).

        Args:
            parameters: Table of PARAMETER_SCHEMA.
            algorithm: Whose neighbours to read.
            weight_exponent: Interaction weights are raised to it.
            title_ids: Titles of histories and to score, sorted.
        """
        chosen = select_parameters(parameters, algorithm, PARAMETER_NAME)
        self._neighbors = parameter_matrix(chosen, title_ids, title_ids)
        self._neighbors_by_target = self._neighbors.tocsc()
        self._weight_exponent = weight_exponent

    def scores(self, history: sp.csr_matrix) -> FloatArray:
        """Scores titles, shape (customers, titles)."""
        product = raised(history, self._weight_exponent) @ self._neighbors
        return np.asarray(product.toarray(), dtype=np.float64)

    def reasons(self, history: sp.csr_matrix, targets: Positions) -> Positions:
        """Gives the title of the history with the largest term in each target's score.

        Args:
            history: Interaction weights, shape (customers, titles).
            targets: Positions of titles, -1 for none, shape (customers, targets).

        Returns:
            Positions of titles, shape (customers, targets); -1 where no term is above 0.
        """
        return strongest_terms(
            raised(history, self._weight_exponent),
            targets,
            lambda titles: self._neighbors_by_target[:, titles].toarray(),
        )


def strongest_terms(
    weighted: sp.csr_matrix, targets: Positions, columns_of: Callable[[Positions], FloatArray]
) -> Positions:
    """Gives the title of each history with the largest term in each target's score.

    Args:
        weighted: Weights of the histories, shape (customers, titles).
        targets: Positions of titles, -1 for none, shape (customers, targets).
        columns_of: Gives what each title adds to the asked ones per weight, shape (titles, asked).

    Returns:
        Positions of titles, shape (customers, targets); -1 where no term is above 0.
    """
    title_count = weighted.shape[1]
    found = np.full_like(targets, -1)
    has_history = np.flatnonzero(np.diff(weighted.indptr))
    if not len(has_history) or not targets.size:
        return found
    asked, places = np.unique(targets[has_history], return_inverse=True)
    columns = columns_of(np.maximum(asked, 0))
    lengths = np.diff(weighted.indptr)[has_history]
    places = np.repeat(places.reshape(len(has_history), -1), lengths, axis=0)
    terms = columns[weighted.indices[:, None], places] * weighted.data[:, None]
    # The largest term first, then the lower title: one integer orders both.
    keys = round_to_scale(terms, SCORE_SCALE) * title_count
    keys += title_count - 1 - weighted.indices[:, None]
    best = np.maximum.reduceat(keys, weighted.indptr[has_history], axis=0)
    reasons = title_count - 1 - best % title_count
    is_reason = (best >= title_count) & (targets[has_history] >= 0)
    found[has_history] = np.where(is_reason, reasons, -1)
    return found
