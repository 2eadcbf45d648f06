"""Scorers: from stored parameters to scores and reasons, for evaluation and serving alike."""

from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa
import scipy.sparse as sp

from marquee.ml.dense_index import Positions
from marquee.ml.recommendation import ease, implicit_als, item_knn, popularity
from marquee.ml.recommendation.interactions import FloatArray
from marquee.ml.recommendation.neighbors import NeighborScorer
from marquee.ml.recommendation.specification import RecommenderSpecification

RANKING_ALGORITHMS = (popularity.NAME, item_knn.NAME, ease.NAME, implicit_als.NAME)
# 2 million scores are 16 MB, and a handful of arrays of that size are alive at a time.
_BATCH_CELLS = 2_000_000


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


def build_scorer(
    parameters: pa.Table,
    algorithm: str,
    title_ids: pa.StringArray,
    specification: RecommenderSpecification,
) -> Scorer:
    """Builds the scorer of an algorithm.

    Args:
        parameters: Table of PARAMETER_SCHEMA, of any algorithms.
        algorithm: One of RANKING_ALGORITHMS.
        title_ids: Titles of histories and to score, sorted.
        specification: Settings that the parameters were fitted with.

    Returns:
        The scorer.

    Raises:
        ValueError: If there is no such algorithm.
    """
    if algorithm == popularity.NAME:
        return popularity.PopularityScorer(parameters, title_ids)
    if algorithm == implicit_als.NAME:
        return implicit_als.FactorScorer(parameters, specification.als, title_ids)
    if algorithm in (item_knn.NAME, ease.NAME):
        config = specification.ease if algorithm == ease.NAME else specification.item_knn
        return NeighborScorer(parameters, algorithm, config.weight_exponent, title_ids)
    raise unknown_algorithm(algorithm)


def unknown_algorithm(algorithm: str) -> ValueError:
    """Gives the error for a name that is not among RANKING_ALGORITHMS."""
    allowed = ", ".join(RANKING_ALGORITHMS)
    return ValueError(f"unknown algorithm {algorithm}; allowed are {allowed}")


def customer_batches(customer_count: int, title_count: int) -> Iterator[slice]:
    """Cuts customers into batches whose scores fit into memory."""
    size = max(1, _BATCH_CELLS // max(1, title_count))
    for start in range(0, customer_count, size):
        yield slice(start, min(start + size, customer_count))
