"""What a fitted candidate computes: margins, and what each column contributes to them.

A margin is the log-odds of a binary target, one score a class of several, or the number itself.
Every row is computed for itself, so that one row alone gives the digits that it gets in a batch.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import lightgbm as lgb
import numpy as np

from marquee.ml.tabular.encoding import EncodedColumn, Encoding
from marquee.ml.tabular.features import Features, FloatArray
from marquee.ml.tabular.targets import BINARY, MULTICLASS, NUMERIC, Target

# 120 columns of so many rows are 20 MB.
_BATCH_ROWS = 20_000
_OBJECTIVES = {BINARY: "binary", MULTICLASS: "multiclass", NUMERIC: "regression"}


class Estimator(Protocol):
    """What constant, linear model and trees can all do."""

    def margins(self, encoding: Encoding, features: Features) -> FloatArray:
        """Gives margins, shape (rows, outputs)."""

    def contributions(self, encoding: Encoding, features: Features) -> tuple[FloatArray, float]:
        """Gives what adds up to the margin of a single output.

        Returns:
            Contributions, shape (rows, columns of `contributing`), and the base of all rows.

        Raises:
            ValueError: If there is more than one output.
        """

    def contributing(self, encoding: Encoding) -> tuple[EncodedColumn, ...]:
        """Names the columns of the contributions."""

    def importances(self) -> FloatArray:
        """Gives how much each column of `contributing` matters, at least 0."""


@dataclass(frozen=True, eq=False)
class ConstantEstimator:
    """The same margins for everybody, shape (outputs,): the baseline.

    It has no use for columns; arguments are there because every estimator is asked alike.
    """

    base: FloatArray

    def margins(self, encoding: Encoding, features: Features) -> FloatArray:  # noqa: ARG002 - see above
        """Gives the base for each row, shape (rows, outputs)."""
        return np.tile(self.base, (features.row_count, 1))

    def contributions(self, encoding: Encoding, features: Features) -> tuple[FloatArray, float]:  # noqa: ARG002 - see above
        """Gives no contributions, shape (rows, 0), and the base."""
        return np.zeros((features.row_count, 0)), _single(self.base)

    def contributing(self, encoding: Encoding) -> tuple[EncodedColumn, ...]:  # noqa: ARG002 - see above
        """Names no columns."""
        return ()

    def importances(self) -> FloatArray:
        """Gives nothing."""
        return np.zeros(0)


@dataclass(frozen=True, eq=False)
class LinearEstimator:
    """Coefficients of standardised columns, shape (outputs, 1 + columns), intercept first."""

    coefficients: FloatArray

    def margins(self, encoding: Encoding, features: Features) -> FloatArray:
        """Gives margins, shape (rows, outputs)."""
        found = np.empty((features.row_count, len(self.coefficients)))
        for rows in _batches(features.row_count):
            columns = encoding.standardised(features.take(rows))
            for output, own in enumerate(self.coefficients):
                # Not a matrix product: its last digits depend on how many rows there are.
                found[rows, output] = (columns * own[1:]).sum(axis=1) + own[0]
        return found

    def contributions(self, encoding: Encoding, features: Features) -> tuple[FloatArray, float]:
        """Gives coefficient times standardised column, and the intercept."""
        base = _single(self.coefficients[:, 0])
        return encoding.standardised(features) * self.coefficients[0, 1:], base

    def contributing(self, encoding: Encoding) -> tuple[EncodedColumn, ...]:
        """Names all columns."""
        return encoding.columns

    def importances(self) -> FloatArray:
        """Gives the absolute coefficients of standardised columns, the largest of the outputs."""
        return np.asarray(np.abs(self.coefficients[:, 1:]).max(axis=0))


@dataclass(frozen=True)
class BoostingEstimator:
    """Gradient boosted trees in LightGBM's own text."""

    text: str
    output_count: int

    @cached_property
    def _booster(self) -> lgb.Booster:
        return lgb.Booster(model_str=self.text)

    def margins(self, encoding: Encoding, features: Features) -> FloatArray:
        """Gives margins, shape (rows, outputs)."""
        found = np.empty((features.row_count, self.output_count))
        for rows in _batches(features.row_count):
            matrix = encoding.for_trees(features.take(rows))
            raw = self._booster.predict(matrix, raw_score=True, num_threads=1)
            found[rows] = np.asarray(raw).reshape(len(matrix), self.output_count)
        return found

    def contributions(self, encoding: Encoding, features: Features) -> tuple[FloatArray, float]:
        """Gives exact Shapley values (Lundberg 2020, doi:10.1038/s42256-019-0138-9)."""
        if self.output_count > 1:
            raise ValueError("contributions are those of one output; this model has several")
        if not features.row_count:
            return np.zeros((0, len(encoding.tree_columns))), 0.0
        matrix = encoding.for_trees(features)
        found = np.asarray(self._booster.predict(matrix, pred_contrib=True, num_threads=1))
        return found[:, :-1], float(found[0, -1])

    def contributing(self, encoding: Encoding) -> tuple[EncodedColumn, ...]:
        """Names the columns that trees see."""
        return encoding.tree_columns

    def importances(self) -> FloatArray:
        """Gives each column's share of what all splits gain together."""
        gains = np.asarray(self._booster.feature_importance("gain"), dtype=np.float64)
        total = float(gains.sum())
        return gains / total if total else gains


def fit_constant(target: Target) -> ConstantEstimator:
    """Fits the mean of a number, or how frequent each class is, on at least one row."""
    if target.kind == NUMERIC:
        return ConstantEstimator(np.array([target.values.mean()]))
    # Half a row of each class more: what never happened yet is not impossible.
    if target.kind == BINARY:
        rate = (target.values.sum() + 0.5) / (len(target.values) + 1.0)
        return ConstantEstimator(np.array([np.log(rate / (1.0 - rate))]))
    counts = np.bincount(target.values.astype(np.int64), minlength=len(target.classes))
    return ConstantEstimator(np.log((counts + 0.5) / (counts.sum() + 0.5 * len(counts))))


def fit_boosting(
    matrix: FloatArray, target: Target, settings: dict[str, float], seed: int
) -> BoostingEstimator:
    """Fits trees on one thread: the same rows in the same order give the same text.

    Args:
        matrix: Columns, NaN where missing, shape (rows, columns), at least one of each.
        target: What to predict.
        settings: Values of the fields of BoostingGrid.
        seed: Seed.
    """
    parameters = {
        "objective": _OBJECTIVES[target.kind],
        "num_leaves": settings["leaves"],
        "learning_rate": settings["learning_rate"],
        "min_data_in_leaf": settings["minimum_leaf_rows"],
        "lambda_l2": settings["ridge"],
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
    if target.kind == MULTICLASS:
        parameters["num_class"] = len(target.classes)
    data = lgb.Dataset(matrix, label=target.values, params=parameters)
    booster = lgb.train(parameters, data, num_boost_round=int(settings["rounds"]))
    return BoostingEstimator(booster.model_to_string(), target.output_count)


def split_text(text: str) -> list[str]:
    """Cuts LightGBM's text in front of each tree; joined, the parts are the text again."""
    return re.split(r"(?m)^(?=Tree=\d+$)", text)


def _single(bases: FloatArray) -> float:
    if len(bases) > 1:
        raise ValueError("contributions are those of one output; this model has several")
    return float(bases[0])


def _batches(row_count: int) -> list[slice]:
    return [slice(start, start + _BATCH_ROWS) for start in range(0, row_count, _BATCH_ROWS)]
