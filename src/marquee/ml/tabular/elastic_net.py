"""Linear, logistic and softmax regression with an elastic net penalty.

Newton's steps, each a penalised least-squares problem over the columns' products (Friedman, Hastie,
Tibshirani 2010, doi:10.18637/jss.v033.i01), so the cost of a step in the number of rows is that of
one matrix product, and it converges to the last digits instead of to a tolerance of the gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from marquee.ml.tabular.features import FloatArray, IntArray
from marquee.ml.tabular.targets import BINARY, NUMERIC, Target

Objective = Callable[[FloatArray], float]

_NEWTON_STEPS = 100
_CHANGE = 1e-9
_LEAST_WEIGHT = 1e-6
_INNER_STEPS = 20_000
_LEAST_RIDGE = 1e-8


@dataclass(frozen=True)
class Penalty:
    """Elastic net: strength · (l1_share · Σ|b| + (1 - l1_share) / 2 · Σb²), the intercept free."""

    strength: float
    l1_share: float


def fit_elastic_net(matrix: FloatArray, target: Target, penalty: Penalty) -> FloatArray:
    """Fits the mean loss plus penalty.

    Args:
        matrix: Standardised columns, shape (rows, columns), at least one row.
        target: What to predict.
        penalty: The penalty.

    Returns:
        Coefficients, shape (outputs, 1 + columns), the intercept first; of a number they are in
        its unit.
    """
    design = np.column_stack([np.ones(len(matrix)), matrix])
    if target.kind == NUMERIC:
        return _fit_number(design, target.values, penalty)[None, :]
    if target.kind == BINARY:
        return _fit_binary(design, target.values, penalty)[None, :]
    return _fit_classes(design, target.values.astype(np.int64), len(target.classes), penalty)


def sigmoid(margins: FloatArray) -> FloatArray:
    """Gives 1 / (1 + exp(-margin)) without overflow."""
    exponential = np.exp(-np.abs(margins))
    return np.where(margins >= 0, 1.0 / (1.0 + exponential), exponential / (1.0 + exponential))


def softmax(margins: FloatArray) -> FloatArray:
    """Gives the probabilities of classes, shape (rows, classes)."""
    exponential = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(exponential / exponential.sum(axis=1, keepdims=True))


def _fit_number(design: FloatArray, values: FloatArray, penalty: Penalty) -> FloatArray:
    # The same penalty has to mean the same in euros and in cents.
    deviation = float(values.std()) or 1.0
    centre = float(values.mean())
    scaled = (values - centre) / deviation
    gram = design.T @ design / len(design)
    found = _least_squares(gram, design.T @ scaled / len(design), penalty, np.zeros(len(gram)))
    found = found * deviation
    found[0] += centre
    return found


def _fit_binary(design: FloatArray, values: FloatArray, penalty: Penalty) -> FloatArray:
    coefficients = np.zeros(design.shape[1])
    # A rate of 0 or 1 has no finite log-odds: half a row each way.
    rate = (values.sum() + 0.5) / (len(values) + 1.0)
    coefficients[0] = np.log(rate / (1.0 - rate))

    def objective(candidate: FloatArray) -> float:
        margins = design @ candidate
        loss = np.logaddexp(0.0, margins) - values * margins
        return float(loss.mean()) + _penalty_of(candidate, penalty)

    reached = objective(coefficients)
    for _ in range(_NEWTON_STEPS):
        probabilities = sigmoid(design @ coefficients)
        step = _newton(design, probabilities, values, coefficients, penalty) - coefficients
        coefficients, reached, change = _damped(objective, coefficients, step, reached)
        if change < _CHANGE:
            break
    return coefficients


def _fit_classes(
    design: FloatArray, classes: IntArray, class_count: int, penalty: Penalty
) -> FloatArray:
    indicators = np.eye(class_count)[classes]
    coefficients = np.zeros((class_count, design.shape[1]))
    coefficients[:, 0] = np.log((indicators.sum(axis=0) + 0.5) / (len(classes) + 1.0))

    def objective_of(position: int, candidate: FloatArray) -> float:
        tried = coefficients.copy()
        tried[position] = candidate
        margins = design @ tried.T
        highest = margins.max(axis=1)
        total = np.log(np.exp(margins - highest[:, None]).sum(axis=1)) + highest
        loss = float((total - margins[np.arange(len(classes)), classes]).mean())
        return loss + sum(_penalty_of(row, penalty) for row in tried)

    for _ in range(_NEWTON_STEPS):
        largest = 0.0
        for position in range(class_count):
            probabilities = softmax(design @ coefficients.T)[:, position]
            own = coefficients[position].copy()
            step = _newton(design, probabilities, indicators[:, position], own, penalty) - own

            def objective(candidate: FloatArray, position: int = position) -> float:
                return objective_of(position, candidate)

            found, _, change = _damped(objective, own, step, objective(own))
            coefficients[position] = found
            largest = max(largest, change)
        if largest < 1e-7:
            break
    return coefficients


def _newton(
    design: FloatArray,
    probabilities: FloatArray,
    values: FloatArray,
    coefficients: FloatArray,
    penalty: Penalty,
) -> FloatArray:
    """Minimises the quadratic approximation of the loss at `coefficients`, plus penalty."""
    weights = np.maximum(probabilities * (1.0 - probabilities), _LEAST_WEIGHT)
    gram = (design * weights[:, None]).T @ design / len(design)
    gradient = design.T @ (values - probabilities) / len(design)
    return _least_squares(gram, gram @ coefficients + gradient, penalty, coefficients)


def _damped(
    objective: Objective, start: FloatArray, step: FloatArray, reached: float
) -> tuple[FloatArray, float, float]:
    """Halves a step until it does not make things worse; gives place, objective and change."""
    share = 1.0
    while share > 1e-6:
        candidate = start + share * step
        found = objective(candidate)
        if found <= reached:
            return candidate, found, float(np.abs(share * step).max())
        share /= 2.0
    return start, reached, 0.0


def _least_squares(
    gram: FloatArray, products: FloatArray, penalty: Penalty, start: FloatArray
) -> FloatArray:
    """Minimises b'Gb/2 - b'c + penalty; the first coefficient is free."""
    ridge = np.full(len(gram), penalty.strength * (1.0 - penalty.l1_share))
    # Columns that repeat each other have no single solution without some ridge.
    ridge = np.maximum(ridge, _LEAST_RIDGE)
    ridge[0] = 0.0
    system = gram + np.diag(ridge)
    threshold = np.full(len(gram), penalty.strength * penalty.l1_share)
    threshold[0] = 0.0
    if not threshold.any():
        return np.asarray(np.linalg.solve(system, products))
    return _proximal(system, products, threshold, start)


def _proximal(
    system: FloatArray, products: FloatArray, threshold: FloatArray, start: FloatArray
) -> FloatArray:
    """Accelerated proximal gradient with restarts (O'Donoghue, Candès 2015, arXiv:1204.3982)."""
    length = 1.0 / float(np.linalg.eigvalsh(system)[-1])
    found, ahead, momentum = start.copy(), start.copy(), 1.0
    for _ in range(_INNER_STEPS):
        moved = ahead - length * (system @ ahead - products)
        new = np.sign(moved) * np.maximum(np.abs(moved) - length * threshold, 0.0)
        step = new - found
        if float((ahead - new) @ step) > 0.0:
            momentum = 1.0
        following = (1.0 + np.sqrt(1.0 + 4.0 * momentum * momentum)) / 2.0
        ahead = new + (momentum - 1.0) / following * step
        found, momentum = new, following
        if float(np.abs(step).max()) < 1e-12:
            break
    return found


def _penalty_of(coefficients: FloatArray, penalty: Penalty) -> float:
    own = coefficients[1:]
    squares = max(penalty.strength * (1.0 - penalty.l1_share), _LEAST_RIDGE)
    absolute = penalty.strength * penalty.l1_share
    return float(absolute * np.abs(own).sum() + squares / 2.0 * (own @ own))
