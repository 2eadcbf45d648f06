"""Popularity: the share of customers who have a title; the baseline of every comparison."""

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from marquee.ml.decimals import round_to_scale
from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import FloatArray, Interactions
from marquee.ml.recommendation.parameters import (
    VALUE_SCALE,
    parameter_matrix,
    parameter_table,
    select_parameters,
)

NAME = "popularity"


def title_shares(interactions: Interactions) -> FloatArray:
    """Gives the share of customers who have each title, 0 to 1, shape (titles,)."""
    counts = np.bincount(interactions.title_positions, minlength=len(interactions.title_ids))
    return counts / max(1, len(interactions.customer_ids))


def fit_popularity(interactions: Interactions) -> pa.Table:
    """Gives `title_score` (row_id the title, column_id empty), a table of PARAMETER_SCHEMA."""
    titles = np.arange(len(interactions.title_ids))
    return parameter_table(
        algorithm=NAME,
        parameter_name="title_score",
        row_ids=interactions.title_ids,
        column_ids=pa.array([""], pa.string()),
        rows=titles,
        columns=np.zeros_like(titles),
        values=round_to_scale(title_shares(interactions), VALUE_SCALE),
    )


class PopularityScorer:
    """Scores every title alike for everybody, and so gives no reason."""

    def __init__(self, parameters: pa.Table, title_ids: pa.StringArray) -> None:
        """Reads `title_score`; titles without one score 0.

        Args:
            parameters: Table of PARAMETER_SCHEMA.
            title_ids: Titles to score, sorted.
        """
        chosen = select_parameters(parameters, NAME, "title_score")
        matrix = parameter_matrix(chosen, title_ids, pa.array([""], pa.string()))
        self._scores: FloatArray = matrix.toarray()[:, 0]

    def scores(self, history: sp.csr_matrix) -> FloatArray:
        """Scores titles, shape (customers, titles)."""
        return np.tile(self._scores, (history.shape[0], 1))

    def reasons(self, history: sp.csr_matrix, targets: Positions) -> Positions:  # noqa: ARG002 - as all scorers take it
        """Gives -1 (no reason) for each target, shape (customers, targets)."""
        return np.full_like(targets, -1)
