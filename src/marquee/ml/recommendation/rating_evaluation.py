"""Cross-validated error of the rating predictor."""

from dataclasses import replace

import numpy as np

from marquee.ml.dense_index import Positions
from marquee.ml.intervals import Estimate, Statistic, estimate
from marquee.ml.recommendation import biased_mf
from marquee.ml.recommendation.biased_mf import BiasedMfConfig, fit_biased_mf
from marquee.ml.recommendation.interactions import FloatArray, Interactions
from marquee.ml.recommendation.specification import RecommenderSpecification

RATING_ALGORITHMS = (biased_mf.BASELINE_NAME, biased_mf.NAME)
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def fold_split_name(folds: int) -> str:
    """Names a cross-validation, such as five_fold."""
    return f"{_NUMBERS[folds - 2] if folds - 2 < len(_NUMBERS) else folds}_fold"


def rating_estimates(
    rated: Interactions, specification: RecommenderSpecification
) -> dict[str, list[Estimate]]:
    """Measures biased_mf against biases alone.

    Args:
        rated: Rows that have a rating, at least two.
        specification: Settings.

    Returns:
        The root mean squared error over all held-back ratings, in rating points, for each of
        RATING_ALGORITHMS.
    """
    config = specification.biased_mf
    baseline = _rmse_of(*_errors(rated, replace(config, factors=0), specification))
    factored = _rmse_of(*_errors(rated, config, specification))

    def measured(statistic: Statistic, compared: Statistic | None) -> list[Estimate]:
        return estimate(
            ["rmse"],
            statistic,
            compared,
            len(rated.customer_ids),
            specification.bootstrap_resamples,
            specification.seed,
        )

    return {
        biased_mf.BASELINE_NAME: measured(baseline, None),
        biased_mf.NAME: measured(factored, baseline),
    }


def _errors(
    rated: Interactions, config: BiasedMfConfig, specification: RecommenderSpecification
) -> tuple[FloatArray, FloatArray]:
    """Gives the sum of squared errors and the number of ratings of each customer."""
    generator = np.random.default_rng(specification.seed)
    folds = generator.permutation(np.arange(len(rated)) % specification.rating_folds)
    customers, titles = rated.customer_positions, rated.title_positions
    shape = (len(rated.customer_ids), len(rated.title_ids))
    predicted = np.empty(len(rated))
    for fold in range(specification.rating_folds):
        train, test = folds != fold, folds == fold
        model = fit_biased_mf(
            customers[train],
            titles[train],
            rated.ratings[train],
            shape,
            config,
            specification.seed,
        )
        predicted[test] = model.predict(customers[test], titles[test])
    squared = np.bincount(customers, weights=(predicted - rated.ratings) ** 2)
    return squared.astype(np.float64), np.bincount(customers).astype(np.float64)


def _rmse_of(squared: FloatArray, counts: FloatArray) -> Statistic:
    def rmse(customers: Positions) -> FloatArray:
        return np.sqrt([squared[customers].sum() / counts[customers].sum()])

    return rmse
