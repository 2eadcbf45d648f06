"""Scorers from stored parameters, for evaluation and serving alike."""

import pyarrow as pa

from marquee.ml.recommendation import ease, implicit_als, item_knn, popularity
from marquee.ml.recommendation.neighbors import NeighborScorer
from marquee.ml.recommendation.scorer import Scorer
from marquee.ml.recommendation.specification import RecommenderSpecification

RANKING_ALGORITHMS = (popularity.NAME, item_knn.NAME, ease.NAME, implicit_als.NAME)


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
