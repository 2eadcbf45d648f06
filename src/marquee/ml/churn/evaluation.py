"""Measures every version on the newest labelled day, which none of them has seen."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.artifacts import Artifacts, algorithm_of_rows, identity_of, read_artifacts
from marquee.ml.churn.rows import (
    TARGET,
    Split,
    has_both_outcomes,
    labelled_rows,
    split_rows,
    training_rows,
)
from marquee.ml.churn.scoring import PROBABILITY_TYPE, read_champion
from marquee.ml.churn.slices import slices_of
from marquee.ml.churn.training import CHURN
from marquee.ml.decimals import decimal_array, round_to_scale
from marquee.ml.dense_index import Positions
from marquee.ml.evaluations import (
    EVALUATION_ORDER,
    EVALUATION_SCHEMA,
    GAIN_OVER_CHAMPION,
    REGISTERED_CHAMPION,
    evaluation_row,
)
from marquee.ml.intervals import Estimate, Statistic, estimate
from marquee.ml.one_thread import one_thread
from marquee.ml.tabular.artifacts import ArtifactRow, read_model
from marquee.ml.tabular.calibration import fit_calibration
from marquee.ml.tabular.features import FloatArray
from marquee.ml.tabular.metrics import BINARY_METRICS, binary_figures
from marquee.ml.tabular.models import predictions
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.tabular.targets import BINARY, Target
from marquee.ml.tabular.training import ROW_COUNT

BASELINE = "constant"
HELD_BACK_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("model_version", pa.string()),
        ("churn_probability", PROBABILITY_TYPE),
        ("is_churned", pa.bool_()),
    ]
)
# Of a slice there are too few rows for tenths.
_SLICE_METRICS = BINARY_METRICS[:5]


def evaluate_churn_models(
    snapshots: pa.Table,
    labels: pa.Table,
    artifacts: pa.Table,
    specification: ModelSpecification,
    registered: pa.Table | None = None,
) -> pa.Table:
    """Evaluates all versions, each beside the constant baseline of the newest training.

    Args:
        snapshots: Features, one row per customer_id and as_of_date.
        labels: Labels, one row per customer_id and as_of_date.
        artifacts: What `train_churn_models` gave for the same tables.
        specification: Settings.
        registered: Table of ARTIFACT_SCHEMA and is_champion, as for training.

    Returns:
        Table of EVALUATION_SCHEMA, sorted. Metrics of the split stand under their names, those of
        slices as metric:column=value; `technical_criterion` and `business_criterion` compare with
        the minimum that is asked for; `gain_over_champion` compares a challenger with the champion
        that the registry names, which itself has a row `registered_champion`. Folds of the
        training are splits of their own. Where too few can be judged, `customer_count` is 0 and
        the figures are null.
    """
    found = read_artifacts(artifacts)
    if not found:
        return EVALUATION_SCHEMA.empty_table()
    rows = labelled_rows(snapshots, labels)
    split = split_rows(rows, specification)
    with one_thread():
        evaluation = _Evaluation(
            rows, split, found, specification, registered_champion(registered, found)
        )
        table = [
            evaluation_row(identity_of(CHURN, version, own), name, figures)
            for version, own in found.items()
            for name, figures in [
                *((split.name, figures) for figures in evaluation.estimates(version)),
                *fold_estimates(own),
            ]
        ]
    return pa.Table.from_pylist(table, schema=EVALUATION_SCHEMA).sort_by(EVALUATION_ORDER)


def predict_held_back(
    snapshots: pa.Table,
    labels: pa.Table,
    artifacts: pa.Table,
    decisions: pa.Table,
    specification: ModelSpecification,
) -> pa.Table:
    """Gives what the champion would have said of the rows that training never saw.

    Args:
        snapshots: Features, one row per customer_id and as_of_date.
        labels: Labels, one row per customer_id and as_of_date.
        artifacts: What `train_churn_models` gave.
        decisions: model_name, model_version and status, one row a version.
        specification: Settings.

    Returns:
        Table of HELD_BACK_SCHEMA, sorted by customer; empty without a champion or test rows.
    """
    champion = read_champion(artifacts, decisions)
    rows = labelled_rows(snapshots, labels)
    if champion is None or not rows.num_rows:
        return HELD_BACK_SCHEMA.empty_table()
    version, model = champion
    held_back = rows.filter(pa.array(split_rows(rows, specification).is_test))
    if not held_back.num_rows:
        return HELD_BACK_SCHEMA.empty_table()
    test = training_rows(held_back, specification)
    probabilities = model.predict(test.features)[:, 0]
    return pa.table(
        [
            held_back["customer_id"].cast(pa.string()),
            held_back["as_of_date"].cast(pa.date32()),
            pa.repeat(version, held_back.num_rows),
            decimal_array(round_to_scale(probabilities, PROBABILITY_TYPE.scale), PROBABILITY_TYPE),
            held_back[TARGET],
        ],
        schema=HELD_BACK_SCHEMA,
    )


class _Evaluation:
    """Predictions of all versions for the test rows, and what follows from them."""

    def __init__(
        self,
        rows: pa.Table,
        split: Split,
        artifacts: Artifacts,
        specification: ModelSpecification,
        champion: str | None,
    ) -> None:
        self._specification = specification
        self._champion = champion
        self._rows = rows.filter(pa.array(split.is_test))
        self._margins: dict[str, FloatArray] = {}
        self._target = Target(BINARY, ("false", "true"), np.empty(0))
        if not self._rows.num_rows:
            return
        test = training_rows(self._rows, specification)
        self._target = test.target
        self._margins = {
            version: read_model(own).margins(test.features)[:, 0]
            for version, own in artifacts.items()
        }
        # Of two constants the champion's is the older one; the newer is what a version has to beat.
        constants = [v for v, own in artifacts.items() if algorithm_of_rows(own) == BASELINE]
        newer = [version for version in constants if version != champion]
        self._baseline = next(iter([*newer, *constants]), None)

    def estimates(self, version: str) -> list[Estimate]:
        """Gives all figures of a version on the test rows."""
        criteria = self._specification.success_criteria
        technical = criteria.technical.metric
        if not self._margins:
            names = [*BINARY_METRICS]
            names += [REGISTERED_CHAMPION] if version == self._champion else []
            return [Estimate(name, 0) for name in names]
        everyone = np.ones(len(self._target.values), dtype=bool)
        found = self._compared(version, self._baseline, BINARY_METRICS, everyone)
        by_name = {figures.metric: figures for figures in found}
        for kind, criterion in (("technical", criteria.technical), ("business", criteria.business)):
            found.append(
                criterion_figures(f"{kind}_criterion", by_name, criterion.metric, criterion.minimum)
            )
        if version != self._baseline:
            slope = fit_calibration(self._margins[version], self._target).slope
            found.append(Estimate("calibration_slope", len(everyone), slope))
        if version == self._champion:
            value = by_name[technical].value
            found.append(Estimate(REGISTERED_CHAMPION, len(everyone), value))
        elif self._champion is not None:
            [gain] = self._compared(version, self._champion, (technical,), everyone)
            found.append(renamed(gain, GAIN_OVER_CHAMPION))
        return found + list(self._of_slices(version))

    def _of_slices(self, version: str) -> Iterator[Estimate]:
        settings = self._specification
        churned = self._target.values == 1.0
        for name, is_in in slices_of(self._rows, settings.slices):
            is_enough = is_in.sum() >= settings.minimum_slice_rows and has_both_outcomes(
                churned[is_in], settings.minimum_outcomes
            )
            figures = (
                self._compared(version, self._baseline, _SLICE_METRICS, is_in)
                if is_enough
                else [Estimate(metric, int(is_in.sum())) for metric in _SLICE_METRICS]
            )
            yield from (renamed(own, f"{own.metric}:{name}") for own in figures)

    def _compared(
        self, version: str, other: str | None, metrics: tuple[str, ...], is_in: np.ndarray
    ) -> list[Estimate]:
        count = int(is_in.sum())
        return estimate(
            metrics,
            self._statistic(version, metrics, is_in),
            None if other in (None, version) else self._statistic(str(other), metrics, is_in),
            count,
            self._specification.bootstrap_resamples,
            self._specification.seed,
        )

    def _statistic(self, version: str, metrics: tuple[str, ...], is_in: np.ndarray) -> Statistic:
        chosen = [BINARY_METRICS.index(metric) for metric in metrics]
        probabilities = predictions(self._margins[version][is_in], BINARY)
        figures = binary_figures(self._target.values[is_in], probabilities)

        def statistic(customers: Positions) -> FloatArray:
            weights = np.bincount(customers, minlength=len(probabilities)).astype(np.float64)
            return figures(weights)[chosen]

        return statistic


def registered_champion(registered: pa.Table | None, artifacts: Artifacts) -> str | None:
    """Names the version that the registry names champion, if its artefacts are there."""
    if registered is None:
        return None
    named = pc.unique(registered.filter(registered["is_champion"])["model_version"]).to_pylist()
    return next((version for version in sorted(named) if version in artifacts), None)


def criterion_figures(
    name: str, figures: dict[str, Estimate], metric: str, minimum: float
) -> Estimate:
    """Compares a figure with the minimum that is asked for.

    Raises:
        ValueError: If there is no such metric.
    """
    if metric not in figures:
        raise ValueError(f"{name} asks for {metric}; metrics are {', '.join(BINARY_METRICS)}")
    own = figures[metric]
    value, lower, upper = (
        float(figure or 0.0) for figure in (own.value, own.lower_bound, own.upper_bound)
    )
    return Estimate(
        name,
        own.customer_count,
        value,
        lower,
        upper,
        minimum,
        value - minimum,
        lower - minimum,
        upper - minimum,
    )


def renamed(figures: Estimate, name: str) -> Estimate:
    """Gives figures under another name."""
    return Estimate(**{**vars(figures), "metric": name})


def fold_estimates(rows: list[ArtifactRow]) -> Iterator[tuple[str, Estimate]]:
    """Gives what the folds of its training said of a version, with their names."""
    values = {
        (row.entry_id, row.field_name): float(row.entry_text)
        for row in rows
        if row.artifact_name == "fold"
    }
    for (fold, metric), value in values.items():
        if metric != ROW_COUNT:
            yield fold, Estimate(metric, int(values[fold, ROW_COUNT]), value)
