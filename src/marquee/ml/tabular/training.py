"""Trains candidates: screening and encoding by the rows alone, then the best point of each grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np

from marquee.ml.one_thread import one_thread
from marquee.ml.tabular.calibration import UNCALIBRATED, Calibration, better_calibration
from marquee.ml.tabular.drift import Reference, references_of
from marquee.ml.tabular.elastic_net import Penalty, fit_elastic_net
from marquee.ml.tabular.encoding import Encoding, fit_encoding
from marquee.ml.tabular.estimators import Estimator, LinearEstimator, fit_boosting, fit_constant
from marquee.ml.tabular.features import BoolArray, Features, FloatArray, IntArray
from marquee.ml.tabular.metrics import fold_figures
from marquee.ml.tabular.models import FittedModel
from marquee.ml.tabular.plugged import (
    PluggedEstimator,
    check_plugged,
    fit_plugged,
    is_plugged,
)
from marquee.ml.tabular.screening import KEPT, ScreenedFeature, screen
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.tabular.splits import Fold, halves, selection_folds
from marquee.ml.tabular.targets import BINARY, Target, algorithm_of

Point = dict[str, float]

ROW_COUNT = "row_count"


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Rows to train on, in an order that does not depend on the order they came in.

    Attributes:
        features: Features of the rows.
        target: What to predict.
        groups: Position of each row's customer, shape (rows,).
        days: Day of each row, as days since 1970, shape (rows,).
        known_days: Day from which its target was known, shape (rows,).
    """

    features: Features
    target: Target
    groups: IntArray
    days: IntArray
    known_days: IntArray


@dataclass(frozen=True, eq=False)
class TrainedCandidate:
    """A fitted model, and how it came about.

    Attributes:
        model: The model, fitted on all training rows.
        screened: What was found about each feature.
        fold_figures: Metrics of the chosen point by fold and name, and the rows behind them under
            ROW_COUNT.
        point: The chosen point of the grid.
        grid_losses: Mean deciding metric of each point tried, in the order of the grid.
        references: How each feature of its encoding was distributed among the training rows.
    """

    model: FittedModel
    screened: list[ScreenedFeature]
    fold_figures: dict[tuple[str, str], float] = field(default_factory=dict)
    point: Point = field(default_factory=dict)
    grid_losses: list[tuple[Point, float]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Prepared:
    """Rows with what was learned about their features, so that each point of a grid shares it."""

    rows: Features
    target: Target
    screened: list[ScreenedFeature]
    encoding: Encoding
    standardised: FloatArray
    for_trees: FloatArray

    @cached_property
    def of_everything(self) -> Encoding:
        """An encoding of all features, for estimators from elsewhere.

        Screening asks each feature alone, and who multiplies them may need one that says nothing
        by itself.
        """
        return fit_encoding(self.rows, self.rows.names)

    def encoding_for(self, family: str) -> Encoding:
        """Gives the encoding that a family is fitted with."""
        return self.of_everything if is_plugged(family) else self.encoding


def train_candidates(
    rows: TrainingRows,
    families: Sequence[str],
    specification: ModelSpecification,
    folds: Sequence[Fold] | None = None,
) -> dict[str, TrainedCandidate]:
    """Trains candidates on one thread: equal rows in an equal order give equal bits.

    Args:
        rows: Training rows, at least one; with a target of classes at least two of these.
        families: Some of the specification's families.
        specification: Settings.
        folds: Folds to choose by; by the specification's selection if left out.

    Returns:
        The trained candidates by family. Where screening keeps no feature, each is a constant,
        but for those from elsewhere, which see all features.
    """
    with one_thread():
        chosen_by = (
            selection_folds(
                rows.groups,
                rows.days,
                rows.known_days,
                specification.selection,
                specification.seed,
            )
            if folds is None
            else list(folds)
        )
        whole = _prepare(rows.features, rows.target, specification)
        is_needed = any(family != "constant" for family in families)
        parts = [
            (fold, _prepare_fold(rows, fold.is_train, specification))
            for fold in (chosen_by if is_needed else ())
        ]
        references = references_of(rows.features, whole.encoding.features) if is_needed else []
        return {
            family: _train(rows, whole, parts, references, family, specification)
            for family in families
        }


def _train(
    rows: TrainingRows,
    whole: _Prepared,
    parts: list[tuple[Fold, _Prepared]],
    references: list[Reference],
    family: str,
    specification: ModelSpecification,
) -> TrainedCandidate:
    target = rows.target
    algorithm = algorithm_of(target.kind, family)
    if family == "constant":
        model = FittedModel(
            algorithm, target.kind, target.classes, Encoding(()), fit_constant(target)
        )
        return TrainedCandidate(model, whole.screened)
    tried = []
    for point in grid_points(specification.candidates.grid_of(family)):
        held_back = [
            (fold, _margins(part, rows.features.take(fold.is_test), family, point, specification))
            for fold, part in parts
        ]
        figures = {
            (fold.name, metric): value
            for fold, margins in held_back
            for metric, value in fold_figures(margins, target.take(fold.is_test)).items()
        }
        deciding = next(iter(figures), ("", ""))[1]
        figures |= {(fold.name, ROW_COUNT): float(fold.is_test.sum()) for fold, _ in held_back}
        losses = [value for (_, metric), value in figures.items() if metric == deciding]
        loss = float(np.mean(losses)) if losses else 0.0
        tried.append((loss, point, figures, held_back))
    loss, point, figures, held_back = min(tried, key=lambda one: one[0])
    estimator = _fit(whole, family, point, specification)
    if isinstance(estimator, PluggedEstimator):
        encoding = whole.of_everything
        references = references_of(rows.features, encoding.features)
        check_plugged(estimator, whole.rows, encoding, target, point, specification.seed)
    model = FittedModel(
        algorithm,
        target.kind,
        target.classes,
        whole.encoding_for(family),
        estimator,
        _calibration(rows, held_back, specification),
    )
    losses_tried = [(other, found) for found, other, _, _ in tried]
    return TrainedCandidate(model, whole.screened, figures, point, losses_tried, references)


def grid_points(grid: Mapping[str, Sequence[float]]) -> list[Point]:
    """Gives every combination of a grid's values, the first values first."""
    return [dict(zip(grid, point, strict=True)) for point in product(*grid.values())]


def _prepare(features: Features, target: Target, specification: ModelSpecification) -> _Prepared:
    screened = screen(features, target, specification.screening)
    kept = tuple(feature.name for feature in screened if feature.reason == KEPT)
    encoding = fit_encoding(features, kept)
    return _Prepared(
        features,
        target,
        screened,
        encoding,
        encoding.standardised(features),
        encoding.for_trees(features),
    )


def _prepare_fold(
    rows: TrainingRows, is_train: BoolArray, specification: ModelSpecification
) -> _Prepared:
    return _prepare(rows.features.take(is_train), rows.target.take(is_train), specification)


def _fit(
    prepared: _Prepared, family: str, point: Point, specification: ModelSpecification
) -> Estimator:
    if family == "linear":
        penalty = Penalty(point["penalty"], point["l1_share"])
        return LinearEstimator(fit_elastic_net(prepared.standardised, prepared.target, penalty))
    if is_plugged(family):
        return fit_plugged(
            prepared.rows,
            prepared.of_everything,
            prepared.target,
            family,
            point,
            specification.seed,
        )
    if not prepared.for_trees.shape[1]:
        return fit_constant(prepared.target)
    return fit_boosting(prepared.for_trees, prepared.target, point, specification.seed)


def _margins(
    part: _Prepared,
    held_back: Features,
    family: str,
    point: Point,
    specification: ModelSpecification,
) -> FloatArray:
    return _fit(part, family, point, specification).margins(part.encoding_for(family), held_back)


def _calibration(
    rows: TrainingRows,
    held_back: list[tuple[Fold, FloatArray]],
    specification: ModelSpecification,
) -> Calibration:
    if rows.target.kind != BINARY or not held_back:
        return UNCALIBRATED
    positions = np.concatenate([np.flatnonzero(fold.is_test) for fold, _ in held_back])
    margins = np.concatenate([found[:, 0] for _, found in held_back])
    own_halves = halves(rows.groups, specification.seed + 1)[positions]
    return better_calibration(margins, rows.target.take(positions), own_halves)
