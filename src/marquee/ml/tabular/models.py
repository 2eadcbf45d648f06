"""A fitted model: what its screening kept, its encoding, its estimator, its calibration."""

from dataclasses import dataclass

import numpy as np

from marquee.ml.tabular.calibration import UNCALIBRATED, Calibration
from marquee.ml.tabular.elastic_net import sigmoid, softmax
from marquee.ml.tabular.encoding import Encoding
from marquee.ml.tabular.estimators import Estimator
from marquee.ml.tabular.features import Features, FloatArray
from marquee.ml.tabular.targets import BINARY, MULTICLASS


@dataclass(frozen=True, eq=False)
class FittedModel:
    """What predicts.

    Attributes:
        algorithm: Name of the algorithm, such as logistic_regression.
        kind: Kind of the target.
        classes: Names of the classes; empty if the target is a number.
        encoding: From features to columns.
        estimator: From columns to margins.
        calibration: From margins to margins that can be taken at their word.
    """

    algorithm: str
    kind: str
    classes: tuple[str, ...]
    encoding: Encoding
    estimator: Estimator
    calibration: Calibration = UNCALIBRATED

    def margins(self, features: Features) -> FloatArray:
        """Gives calibrated margins, shape (rows, outputs)."""
        return self.calibration.apply(self.estimator.margins(self.encoding, features))

    def predict(self, features: Features) -> FloatArray:
        """Gives the probability of true, of each class, or the number; shape (rows, outputs)."""
        return predictions(self.margins(features), self.kind)

    def contributions(self, features: Features) -> tuple[tuple[str, ...], FloatArray, float]:
        """Gives what each feature adds to the calibrated margin of a single output.

        Returns:
            Names of the features, their contributions of shape (rows, features), and the base;
            contributions and base together are the margin.

        Raises:
            ValueError: If the target has several classes.
        """
        by_column, base = self.estimator.contributions(self.encoding, features)
        columns = self.estimator.contributing(self.encoding)
        names = tuple(sorted({column.feature for column in columns}))
        found = np.zeros((features.row_count, len(names)))
        for position, column in enumerate(columns):
            found[:, names.index(column.feature)] += by_column[:, position]
        slope = self.calibration.slope
        return names, found * slope, base * slope + self.calibration.intercept

    def importances(self) -> dict[str, float]:
        """Gives how much each feature matters: of its columns together."""
        values = self.estimator.importances()
        # An estimator from elsewhere tells none.
        columns = self.estimator.contributing(self.encoding) if len(values) else ()
        found: dict[str, float] = {}
        for column, value in zip(columns, values.tolist(), strict=True):
            found[column.feature] = found.get(column.feature, 0.0) + value
        return found


def predictions(margins: FloatArray, kind: str) -> FloatArray:
    """Gives what margins say: probabilities, or the number; shape (rows, outputs)."""
    if kind == BINARY:
        return sigmoid(margins)
    return softmax(margins) if kind == MULTICLASS else margins
