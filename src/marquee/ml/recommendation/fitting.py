"""Fits ranking algorithms, unless the registry holds the same version already."""

from collections.abc import Sequence

import pyarrow as pa

from marquee.log import LOG
from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.one_thread import one_thread
from marquee.ml.recommendation import ease, implicit_als, item_knn, popularity
from marquee.ml.recommendation.identity import RECOMMENDER, identify, training_set
from marquee.ml.recommendation.interactions import Interactions, index_interactions
from marquee.ml.recommendation.parameters import (
    FITTED_PARAMETER_SCHEMA,
    registered_parameters_of,
)
from marquee.ml.recommendation.scoring import unknown_algorithm
from marquee.ml.recommendation.specification import RecommenderSpecification


def fit_recommenders(
    interactions: pa.Table,
    algorithms: Sequence[str],
    specification: RecommenderSpecification,
    registered_parameters: pa.Table | None = None,
) -> pa.Table:
    """Fits algorithms on all interactions.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        algorithms: Some of RANKING_ALGORITHMS.
        specification: Settings.
        registered_parameters: Table of FITTED_PARAMETER_SCHEMA, perhaps with further versions;
            versions that it holds are copied instead of fitted.

    Returns:
        Table of FITTED_PARAMETER_SCHEMA, algorithm after algorithm; no rows without interactions.

    Raises:
        ValueError: If there is no such algorithm, the interactions are not valid, or they hold more
            than one as_of_date.
    """
    require_one_as_of_date(interactions=interactions)
    tables = [FITTED_PARAMETER_SCHEMA.empty_table()]
    indexed = index_interactions(interactions)
    training = training_set(interactions, RECOMMENDER)
    for algorithm in algorithms if len(indexed) else ():
        version = identify(training, algorithm, specification).model_version
        registered = registered_parameters_of(version, registered_parameters)
        if registered is not None:
            tables.append(registered)
            continue
        LOG.info("training %s: %s on %d interactions", RECOMMENDER, algorithm, len(indexed))
        fitted = fit_parameters(indexed, algorithm, specification)
        names = [pa.repeat(text, fitted.num_rows) for text in (RECOMMENDER, version)]
        tables.append(pa.table([*names, *fitted.columns], schema=FITTED_PARAMETER_SCHEMA))
    return pa.concat_tables(tables)


def fit_parameters(
    interactions: Interactions, algorithm: str, specification: RecommenderSpecification
) -> pa.Table:
    """Fits one algorithm on one thread, so that the result is the same to the bit every time.

    Args:
        interactions: Training rows, at least one.
        algorithm: One of RANKING_ALGORITHMS.
        specification: Settings.

    Returns:
        Table of PARAMETER_SCHEMA.

    Raises:
        ValueError: If there is no such algorithm.
    """
    with one_thread():
        if algorithm == popularity.NAME:
            return popularity.fit_popularity(interactions)
        if algorithm == item_knn.NAME:
            return item_knn.fit_item_knn(interactions, specification.item_knn)
        if algorithm == ease.NAME:
            return ease.fit_ease(interactions, specification.ease)
        if algorithm == implicit_als.NAME:
            return implicit_als.fit_implicit_als(
                interactions, specification.als, specification.seed
            )
    raise unknown_algorithm(algorithm)
