"""biased_mf: predicts ratings from a mean, biases and factors; without factors it is `biases`."""

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import FloatArray
from marquee.ml.settings import check_bounds

NAME = "biased_mf"
BASELINE_NAME = "biases"
LOWEST_RATING, HIGHEST_RATING = 0.5, 5.0
# A title's bias depends on its customers' and the other way round; by then both stand still.
_BIAS_ROUNDS = 15
_FIRST_FACTOR_DEVIATION = 0.1


@dataclass(frozen=True)
class BiasedMfConfig:
    """Settings of biased_mf.

    Attributes:
        factors: Length of the vectors; with 0 only biases remain.
        regularization: Ridge on the factors, not scaled by the number of ratings.
        customer_bias_regularization: Ratings at the mean that each customer is given on top.
        title_bias_regularization: Ratings at the mean that each title is given on top.
        iterations: Rounds of alternating least squares.
    """

    factors: int = field(default=20, metadata={"minimum": 0})
    regularization: float = field(default=15.0, metadata={"minimum": 1e-6})
    customer_bias_regularization: float = field(default=5.0, metadata={"minimum": 1e-6})
    title_bias_regularization: float = field(default=3.0, metadata={"minimum": 1e-6})
    iterations: int = field(default=10, metadata={"minimum": 1})

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True, eq=False)
class RatingModel:
    """A fitted model: rating = mean + customer bias + title bias + product of factors.

    Attributes:
        mean: Mean of the ratings it was trained on.
        customer_biases: Shape (customers,).
        title_biases: Shape (titles,).
        customer_factors: Shape (customers, factors).
        title_factors: Shape (titles, factors).
    """

    mean: float
    customer_biases: FloatArray
    title_biases: FloatArray
    customer_factors: FloatArray
    title_factors: FloatArray

    def predict(self, customers: Positions, titles: Positions) -> FloatArray:
        """Predicts ratings, 0.5 to 5, shape (rows,); without training rows a bias is 0."""
        factor_terms = np.einsum(
            "ij,ij->i", self.customer_factors[customers], self.title_factors[titles]
        )
        predicted = (
            self.mean + self.customer_biases[customers] + self.title_biases[titles] + factor_terms
        )
        return np.asarray(np.clip(predicted, LOWEST_RATING, HIGHEST_RATING))


def fit_biased_mf(
    customers: Positions,
    titles: Positions,
    ratings: FloatArray,
    shape: tuple[int, int],
    config: BiasedMfConfig,
    seed: int,
) -> RatingModel:
    """Fits by alternating least squares (Koren, Bell and Volinsky 2009, doi:10.1109/MC.2009.263).

    Args:
        customers: Position of each row's customer, shape (rows,).
        titles: Position of each row's title, shape (rows,).
        ratings: Ratings, shape (rows,), at least one row.
        shape: Customers and titles altogether; those without a row get bias and factors 0.
        config: Settings.
        seed: Seed of the first factors.

    Returns:
        The fitted model.
    """
    mean = float(ratings.mean())
    deviations = ratings - mean
    title_biases = np.zeros(shape[1])
    customer_biases = np.zeros(shape[0])
    factor_terms = np.zeros(len(ratings))

    def fit_biases(customer_biases: FloatArray) -> tuple[FloatArray, FloatArray]:
        rest = deviations - factor_terms
        title_biases = _shrunken_means(
            titles, rest - customer_biases[customers], shape[1], config.title_bias_regularization
        )
        return title_biases, _shrunken_means(
            customers, rest - title_biases[titles], shape[0], config.customer_bias_regularization
        )

    for _ in range(_BIAS_ROUNDS):
        title_biases, customer_biases = fit_biases(customer_biases)

    generator = np.random.default_rng(seed)
    customer_factors = np.zeros((shape[0], config.factors))
    title_factors = generator.normal(0.0, _FIRST_FACTOR_DEVIATION, (shape[1], config.factors))
    for _ in range(config.iterations if config.factors else 0):
        rest = deviations - customer_biases[customers] - title_biases[titles]
        matrix = sp.csr_matrix((rest, (customers, titles)), shape=shape)
        customer_factors = _ridge_factors(matrix, title_factors, config.regularization)
        title_factors = _ridge_factors(matrix.T.tocsr(), customer_factors, config.regularization)
        factor_terms = np.einsum("ij,ij->i", customer_factors[customers], title_factors[titles])
        title_biases, customer_biases = fit_biases(customer_biases)
    return RatingModel(mean, customer_biases, title_biases, customer_factors, title_factors)


def _shrunken_means(
    groups: Positions, values: FloatArray, count: int, regularization: float
) -> FloatArray:
    sums = np.bincount(groups, weights=values, minlength=count)
    return np.asarray(sums / (np.bincount(groups, minlength=count) + regularization))


def _ridge_factors(targets: sp.csr_matrix, fixed: FloatArray, regularization: float) -> FloatArray:
    """Solves each row's ridge regression on the fixed side's factors, shape (rows, factors)."""
    factors = fixed.shape[1]
    upper = np.triu_indices(factors)
    has_rating = targets.copy()
    has_rating.data = np.ones_like(targets.data)
    systems = np.empty((targets.shape[0], factors, factors))
    systems[:, upper[0], upper[1]] = has_rating @ (fixed[:, upper[0]] * fixed[:, upper[1]])
    systems[:, upper[1], upper[0]] = systems[:, upper[0], upper[1]]
    systems[:, np.arange(factors), np.arange(factors)] += regularization
    solved = np.linalg.solve(systems, (targets @ fixed)[:, :, None])
    return np.asarray(solved[:, :, 0])
