"""Evaluates all candidates, unless the registry holds the same evaluations already."""

from dataclasses import asdict

import numpy as np
import pyarrow as pa

from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.evaluations import (
    EVALUATION_ORDER,
    EVALUATION_SCHEMA,
    evaluation_row,
    registered_rows,
)
from marquee.ml.one_thread import one_thread
from marquee.ml.recommendation.identity import (
    RATING_PREDICTOR,
    RECOMMENDER,
    identify,
    training_set,
)
from marquee.ml.recommendation.interactions import index_interactions
from marquee.ml.recommendation.ranking_evaluation import RankingEvaluation
from marquee.ml.recommendation.rating_evaluation import (
    RATING_ALGORITHMS,
    fold_split_name,
    rating_estimates,
)
from marquee.ml.recommendation.scoring import RANKING_ALGORITHMS
from marquee.ml.recommendation.specification import RecommenderSpecification
from marquee.ml.recommendation.splits import split_interactions


def evaluate_recommenders(
    interactions: pa.Table,
    specification: RecommenderSpecification,
    registered_evaluations: pa.Table | None = None,
    title_genres: pa.Table | None = None,
) -> pa.Table:
    """Evaluates every ranking algorithm on every split, and the rating predictor.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        specification: Settings.
        registered_evaluations: Table of EVALUATION_SCHEMA, perhaps with further versions; if it
            holds all that is asked for, its rows are returned and nothing is fitted.
        title_genres: title_id and genre_name, of the same as_of_date; without them lists have no
            diversity. Registered figures keep the genres of the day they were measured on.

    Returns:
        Table of EVALUATION_SCHEMA, sorted. If no customer can be evaluated `customer_count` is 0
        and the figures are null. The rating predictor has rows from `minimum_ratings` ratings.
        No rows without interactions.

    Raises:
        ValueError: If the interactions are not valid, or hold more than one as_of_date.
    """
    require_one_as_of_date(
        interactions=interactions,
        title_genres=pa.table({}) if title_genres is None else title_genres,
    )
    indexed = index_interactions(interactions)
    if not len(indexed):
        return EVALUATION_SCHEMA.empty_table()
    splits = {
        split.name: split
        for split in (
            split_interactions(indexed, name, specification) for name in specification.splits
        )
    }
    recommender_set = training_set(interactions, RECOMMENDER)
    identities = {
        algorithm: identify(recommender_set, algorithm, specification)
        for algorithm in RANKING_ALGORITHMS
    }
    wanted = {(identity.model_version, name) for identity in identities.values() for name in splits}
    is_rated = ~np.isnan(indexed.ratings)
    has_ratings = bool(is_rated.sum() >= specification.minimum_ratings)
    fold_split = fold_split_name(specification.rating_folds)
    if has_ratings:
        rating_set = training_set(interactions, RATING_PREDICTOR)
        for algorithm in RATING_ALGORITHMS:
            identities[algorithm] = identify(rating_set, algorithm, specification)
            wanted.add((identities[algorithm].model_version, fold_split))
    registered = registered_rows(registered_evaluations, wanted)
    if registered is not None:
        return registered

    rows = []
    with one_thread():
        for name, split in splits.items():
            evaluation = RankingEvaluation(indexed, split, specification, title_genres)
            for algorithm, estimates in evaluation.estimates(RANKING_ALGORITHMS).items():
                rows += [
                    evaluation_row(asdict(identities[algorithm]), name, figure)
                    for figure in estimates
                ]
        if has_ratings:
            measured = rating_estimates(indexed.take(is_rated), specification)
            for algorithm, estimates in measured.items():
                rows += [
                    evaluation_row(asdict(identities[algorithm]), fold_split, figure)
                    for figure in estimates
                ]
    return pa.Table.from_pylist(rows, schema=EVALUATION_SCHEMA).sort_by(EVALUATION_ORDER)
