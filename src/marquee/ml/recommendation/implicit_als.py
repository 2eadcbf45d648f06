"""als: matrix factorisation of implicit feedback; customers are folded in from their history."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares

from marquee.ml.decimals import round_to_scale
from marquee.ml.dense_index import Positions, string_array
from marquee.ml.recommendation.interactions import FloatArray, Interactions
from marquee.ml.recommendation.parameters import (
    VALUE_SCALE,
    parameter_matrix,
    parameter_table,
    select_parameters,
)
from marquee.ml.settings import check_bounds

NAME = "als"
_PARAMETER_NAME = "title_factor"


@dataclass(frozen=True)
class ImplicitAlsConfig:
    """Settings of als.

    Attributes:
        factors: Length of a title's vector.
        confidence_scale: An interaction counts 1 + this times its weight; no interaction counts 1.
        regularization: Ridge on every factor; too small a value ruins the lists.
        iterations: Rounds of alternating least squares.
        weight_exponent: Interaction weights are raised to it; 0 counts every interaction alike.
    """

    factors: int = field(default=64, metadata={"minimum": 1})
    confidence_scale: float = field(default=1.0, metadata={"minimum": 0.0})
    regularization: float = field(default=20.0, metadata={"minimum": 1e-6})
    iterations: int = field(default=12, metadata={"minimum": 1})
    weight_exponent: float = field(default=0.5, metadata={"minimum": 0.0, "maximum": 1.0})

    def __post_init__(self) -> None:
        check_bounds(self)


def fit_implicit_als(interactions: Interactions, config: ImplicitAlsConfig, seed: int) -> pa.Table:
    """Factorises the interactions.

    Args:
        interactions: Training rows.
        config: Settings.
        seed: Seed of the first factors.

    Returns:
        Table of PARAMETER_SCHEMA: `title_factor`, row_id the title, column_id the factor's
        number with leading zeros.
    """
    model = AlternatingLeastSquares(
        factors=config.factors,
        regularization=config.regularization,
        iterations=config.iterations,
        num_threads=1,
        random_state=seed,
    )
    model.fit(_confidences(interactions.matrix(), config).astype(np.float32), show_progress=False)
    factors = np.asarray(model.item_factors, dtype=np.float64)
    titles, numbers = np.indices(factors.shape)
    return parameter_table(
        algorithm=NAME,
        parameter_name=_PARAMETER_NAME,
        row_ids=interactions.title_ids,
        column_ids=_factor_ids(config.factors),
        rows=titles.ravel(),
        columns=numbers.ravel(),
        values=round_to_scale(factors, VALUE_SCALE).ravel(),
    )


class FactorScorer:
    """Scores by the product of a title's factors with those of the customer's history.

    The customer's factors are (Y'Y + Y'(C - I)Y + ridge)^-1 Y'C p (Hu, Koren and Volinsky 2008,
    doi:10.1109/ICDM.2008.22, equation 4), so that customers who were not in training have a
    score too; and their section 5 splits a score into one term per title of the history.
    """

    def __init__(
        self, parameters: pa.Table, config: ImplicitAlsConfig, title_ids: pa.StringArray
    ) -> None:
        """Reads `title_factor`; titles without factors score 0.

        Args:
            parameters: Table of PARAMETER_SCHEMA.
            config: Settings that the parameters were fitted with.
            title_ids: Titles of histories and to score, sorted.
        """
        chosen = select_parameters(parameters, NAME, _PARAMETER_NAME)
        self._config = config
        factor_ids = _factor_ids(config.factors)
        fitted_ids = pa.array(sorted(set(string_array(chosen["row_id"]).to_pylist())), pa.string())
        fitted = parameter_matrix(chosen, fitted_ids, factor_ids).toarray()
        # Every title without an interaction counts, those that are no longer on offer too.
        self._gram = fitted.T @ fitted + config.regularization * np.eye(config.factors)
        self._factors: FloatArray = parameter_matrix(chosen, title_ids, factor_ids).toarray()

    def scores(self, history: sp.csr_matrix) -> FloatArray:
        """Scores titles, shape (customers, titles)."""
        return self.customer_factors(history) @ self._factors.T

    def customer_factors(self, history: sp.csr_matrix) -> FloatArray:
        """Folds customers in from their history, shape (customers, factors)."""
        confidences = _confidences(history, self._config)
        folded = np.zeros((history.shape[0], self._config.factors))
        for customer in np.flatnonzero(np.diff(history.indptr)).tolist():
            factors, confidence = self._history(confidences, customer)
            folded[customer] = np.linalg.solve(
                self._system(factors, confidence), factors.T @ confidence
            )
        return folded

    def reasons(self, history: sp.csr_matrix, targets: Positions) -> Positions:
        """Gives the title of the history with the largest term in each target's score.

        Args:
            history: Interaction weights, shape (customers, titles).
            targets: Positions of titles, -1 for none, shape (customers, targets).

        Returns:
            Positions of titles, shape (customers, targets); -1 where no term is above 0.
        """
        confidences = _confidences(history, self._config)
        found = np.full_like(targets, -1)
        for customer in np.flatnonzero(np.diff(history.indptr)).tolist():
            factors, confidence = self._history(confidences, customer)
            wanted = self._factors[targets[customer]]
            solved = np.linalg.solve(self._system(factors, confidence), wanted.T)
            terms = round_to_scale(confidence[:, None] * (factors @ solved), VALUE_SCALE)
            best = terms.argmax(axis=0)
            titles = confidences.indices[confidences.indptr[customer] + best]
            is_reason = (terms.max(axis=0) > 0) & (targets[customer] >= 0)
            found[customer] = np.where(is_reason, titles, -1)
        return found

    def _history(self, confidences: sp.csr_matrix, customer: int) -> tuple[FloatArray, FloatArray]:
        entries = slice(confidences.indptr[customer], confidences.indptr[customer + 1])
        return self._factors[confidences.indices[entries]], confidences.data[entries]

    def _system(self, factors: FloatArray, confidence: FloatArray) -> FloatArray:
        return np.asarray(self._gram + factors.T @ ((confidence - 1.0)[:, None] * factors))


def _confidences(weights: sp.csr_matrix, config: ImplicitAlsConfig) -> sp.csr_matrix:
    confidences = weights.copy()
    confidences.data = 1.0 + config.confidence_scale * weights.data**config.weight_exponent
    return confidences


def _factor_ids(factors: int) -> pa.StringArray:
    width = len(str(factors - 1))
    return pa.array([f"{factor:0{width}d}" for factor in range(factors)], pa.string())
