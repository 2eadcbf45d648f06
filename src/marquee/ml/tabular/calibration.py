"""Whether a probability of 20 % means one in five, and how to make it so.

Platt's scaling rather than a step function: it is linear in the log-odds, so that the contributions
of features still add up to them. (Platt 1999, Probabilistic outputs for support vector machines.)
"""

from dataclasses import dataclass

import numpy as np

from marquee.ml.tabular.elastic_net import Penalty, fit_elastic_net, sigmoid
from marquee.ml.tabular.features import FloatArray, IntArray
from marquee.ml.tabular.targets import Target

# Enough to keep the slope finite where the margins separate the classes.
_PENALTY = Penalty(1e-6, 0.0)


@dataclass(frozen=True)
class Calibration:
    """A calibrated margin is slope · margin + intercept."""

    slope: float
    intercept: float

    def apply(self, margins: FloatArray) -> FloatArray:
        """Calibrates margins of any shape."""
        return self.slope * margins + self.intercept


UNCALIBRATED = Calibration(1.0, 0.0)


def fit_calibration(margins: FloatArray, target: Target) -> Calibration:
    """Fits slope and intercept to margins of rows that training did not see, shape (rows,)."""
    deviation = float(margins.std())
    if not len(margins) or deviation < 1e-9 or not 0 < target.values.sum() < len(margins):
        return UNCALIBRATED
    centre = float(margins.mean())
    scaled = ((margins - centre) / deviation)[:, None]
    [[intercept, slope]] = fit_elastic_net(scaled, target, _PENALTY).tolist()
    slope /= deviation
    return Calibration(slope, intercept - slope * centre)


def better_calibration(margins: FloatArray, target: Target, halves: IntArray) -> Calibration:
    """Fits a calibration, and keeps it only if one fitted on other rows lowers the Brier score.

    Args:
        margins: Margins of rows that training did not see, shape (rows,).
        target: The truth of these rows.
        halves: 0 or 1 a row, shape (rows,): each half is judged by the fit of the other.

    Returns:
        A rising calibration, or UNCALIBRATED.
    """
    crossed = np.empty_like(margins)
    for half in (0, 1):
        own = halves == half
        crossed[own] = fit_calibration(margins[~own], target.take(~own)).apply(margins[own])
    found = fit_calibration(margins, target)
    is_better = _brier(crossed, target) < _brier(margins, target)
    return found if is_better and found.slope > 0 else UNCALIBRATED


def _brier(margins: FloatArray, target: Target) -> float:
    return float(((sigmoid(margins) - target.values) ** 2).mean()) if len(margins) else 0.0
