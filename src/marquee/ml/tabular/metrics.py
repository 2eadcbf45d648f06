"""How good predictions are. Each row may count several times, so that resamples cost no sorting."""

from collections.abc import Callable

import numpy as np

from marquee.ml.tabular.features import FloatArray, IntArray
from marquee.ml.tabular.models import predictions
from marquee.ml.tabular.targets import BINARY, NUMERIC, Target

_BINS = 10
BINARY_METRICS = (
    "auc",
    "average_precision",
    "brier",
    "log_loss",
    "calibration_error",
    *[f"lift_in_tenth_{tenth}" for tenth in range(1, 11)],
)
_LEAST_PROBABILITY = 1e-12

Figures = Callable[[FloatArray], FloatArray]


def binary_figures(values: FloatArray, probabilities: FloatArray) -> Figures:
    """Prepares the metrics of a binary prediction.

    Args:
        values: 0 or 1, shape (rows,), at least one of each.
        probabilities: Predicted probabilities of 1, shape (rows,).

    Returns:
        From how often each row counts, shape (rows,), to the values of BINARY_METRICS: the area
        under the ROC curve (ties count half), the average precision over distinct probabilities,
        the mean squared error, the mean negative log-likelihood, the mean distance between
        predicted and true share over ten bins of equal size, and what each tenth of the rows, the
        most probable first, holds of all ones in comparison with a tenth. Rows of one and the
        same probability stay together in a bin and are spread evenly over tenths.
    """
    order = np.argsort(-probabilities, kind="stable")
    sorted_values, sorted_probabilities = values[order], probabilities[order]
    is_start = np.append(True, sorted_probabilities[1:] != sorted_probabilities[:-1])
    starts = np.flatnonzero(is_start)
    bins = (starts * _BINS // len(values))[np.cumsum(is_start) - 1]
    clipped = np.clip(sorted_probabilities, _LEAST_PROBABILITY, 1.0 - _LEAST_PROBABILITY)
    losses = -np.log(np.where(sorted_values == 1.0, clipped, 1.0 - clipped))
    squares = (sorted_probabilities - sorted_values) ** 2

    def figures(weights: FloatArray) -> FloatArray:
        counts = weights[order]
        ones = np.add.reduceat(counts * sorted_values, starts)
        rows = np.add.reduceat(counts, starts)
        total, total_ones = counts.sum(), ones.sum()
        cumulated_ones, cumulated_rows = np.cumsum(ones), np.cumsum(rows)
        zeros = rows - ones
        ones_above = cumulated_ones - ones
        area = (zeros * (ones_above + ones / 2.0)).sum() / (total_ones * (total - total_ones))
        precision = cumulated_ones / np.maximum(cumulated_rows, 1e-300)
        gaps = np.bincount(bins, weights=counts * (sorted_probabilities - sorted_values))
        captured = np.interp(
            np.arange(11) / 10.0 * total,
            np.append(0.0, cumulated_rows),
            np.append(0.0, cumulated_ones),
        )
        return np.array(
            [
                area,
                (ones * precision).sum() / total_ones,
                (counts * squares).sum() / total,
                (counts * losses).sum() / total,
                np.abs(gaps).sum() / total,
                *(np.diff(captured) / total_ones * 10.0),
            ]
        )

    return figures


def auc(values: FloatArray, scores: FloatArray) -> float:
    """Gives the area under the ROC curve; 0.5 if there is only one outcome.

    Args:
        values: 0 or 1, shape (rows,).
        scores: Any numbers, higher for 1, shape (rows,).
    """
    if not 0 < values.sum() < len(values):
        return 0.5
    _, ranks, counts = np.unique(scores, return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    middles = (upper - (counts - 1) / 2.0)[ranks]
    ones = values.sum()
    return float(
        (middles[values == 1.0].sum() - ones * (ones + 1) / 2) / (ones * (len(values) - ones))
    )


def fold_figures(margins: FloatArray, target: Target) -> dict[str, float]:
    """Gives a few metrics of margins by name; the first one is what a grid is decided on.

    Args:
        margins: Margins of the rows, shape (rows, outputs).
        target: Their truth, at least one row.
    """
    found = predictions(margins, target.kind)
    if target.kind == NUMERIC:
        errors = found[:, 0] - target.values
        return {
            "rmse": float(np.sqrt((errors**2).mean())),
            "mean_absolute_error": float(np.abs(errors).mean()),
        }
    if target.kind == BINARY:
        rates = found[:, 0]
        chosen = np.where(target.values == 1.0, rates, 1.0 - rates)
        return {
            "log_loss": _log_loss(chosen),
            "auc": auc(target.values, margins[:, 0]),
            "brier": float(((rates - target.values) ** 2).mean()),
        }
    classes: IntArray = target.values.astype(np.int64)
    return {
        "log_loss": _log_loss(found[np.arange(len(classes)), classes]),
        "accuracy": float((found.argmax(axis=1) == classes).mean()),
    }


def _log_loss(probabilities: FloatArray) -> float:
    return float(-np.log(np.maximum(probabilities, _LEAST_PROBABILITY)).mean())
