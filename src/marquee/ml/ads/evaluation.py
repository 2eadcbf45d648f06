"""Measures every version of the completion model on the newest days, beside the baseline."""

import numpy as np
import pyarrow as pa

from marquee.ml.ads.rows import groups_of, labelled_rows, split_rows, training_rows
from marquee.ml.ads.training import AD_COMPLETION, BASELINE
from marquee.ml.artifacts import Artifacts, algorithm_of_rows, identity_of, read_artifacts
from marquee.ml.churn.evaluation import (
    criterion_figures,
    fold_estimates,
    registered_champion,
    renamed,
)
from marquee.ml.churn.rows import has_both_outcomes
from marquee.ml.churn.slices import slices_of
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
from marquee.ml.tabular.artifacts import read_model
from marquee.ml.tabular.calibration import fit_calibration
from marquee.ml.tabular.features import BoolArray, FloatArray
from marquee.ml.tabular.metrics import BINARY_METRICS, binary_figures
from marquee.ml.tabular.models import predictions
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.tabular.targets import BINARY

# Of a slice there are too few rows for tenths.
_SLICE_METRICS = BINARY_METRICS[:5]


def evaluate_ad_models(
    impressions: pa.Table,
    artifacts: pa.Table,
    specification: ModelSpecification,
    registered: pa.Table | None = None,
) -> pa.Table:
    """Evaluates all versions, each beside the rates of creative and break of the newest training.

    Args:
        impressions: Features and is_ad_completed, one row an impression_id.
        artifacts: What `train_ad_models` gave for the same table.
        specification: Settings.
        registered: Table of ARTIFACT_SCHEMA and is_champion, as for training.

    Returns:
        Table of EVALUATION_SCHEMA, sorted, with the rows that evaluations of churn have; intervals
        resample customers with all their impressions.
    """
    found = read_artifacts(artifacts)
    if not found:
        return EVALUATION_SCHEMA.empty_table()
    rows = labelled_rows(impressions)
    split = split_rows(rows, specification)
    with one_thread():
        evaluation = _Evaluation(
            rows.filter(pa.array(split.is_test)),
            found,
            specification,
            registered_champion(registered, found),
        )
        table = [
            evaluation_row(identity_of(AD_COMPLETION, version, own), name, figures)
            for version, own in found.items()
            for name, figures in [
                *((split.name, figures) for figures in evaluation.estimates(version)),
                *fold_estimates(own),
            ]
        ]
    return pa.Table.from_pylist(table, schema=EVALUATION_SCHEMA).sort_by(EVALUATION_ORDER)


class _Evaluation:
    """Predictions of all versions for the test rows, and what follows from them."""

    def __init__(
        self,
        rows: pa.Table,
        artifacts: Artifacts,
        specification: ModelSpecification,
        champion: str | None,
    ) -> None:
        self._rows, self._specification, self._champion = rows, specification, champion
        self._probabilities: dict[str, FloatArray] = {}
        if not rows.num_rows:
            return
        test = training_rows(rows, specification)
        self._target, self._groups = test.target, groups_of(rows)
        self._margins = {
            version: read_model(own).margins(test.features)[:, 0]
            for version, own in artifacts.items()
        }
        self._probabilities = {
            version: predictions(margins, BINARY) for version, margins in self._margins.items()
        }
        own = [v for v, entries in artifacts.items() if algorithm_of_rows(entries) == BASELINE]
        newer = [version for version in own if version != champion]
        self._baseline = next(iter([*newer, *own]), None)

    def estimates(self, version: str) -> list[Estimate]:
        """Gives all figures of a version on the test rows."""
        criteria = self._specification.success_criteria
        if not self._probabilities:
            names = [*BINARY_METRICS]
            names += [REGISTERED_CHAMPION] if version == self._champion else []
            return [Estimate(name, 0) for name in names]
        everything = np.ones(self._rows.num_rows, dtype=bool)
        found = self._compared(version, self._baseline, BINARY_METRICS, everything)
        by_name = {figures.metric: figures for figures in found}
        for kind, criterion in (("technical", criteria.technical), ("business", criteria.business)):
            found.append(
                criterion_figures(f"{kind}_criterion", by_name, criterion.metric, criterion.minimum)
            )
        count = by_name["auc"].customer_count
        slope = fit_calibration(self._margins[version], self._target).slope
        found.append(Estimate("calibration_slope", count, slope))
        technical = criteria.technical.metric
        if version == self._champion:
            found.append(Estimate(REGISTERED_CHAMPION, count, by_name[technical].value))
        elif self._champion is not None:
            [gain] = self._compared(version, self._champion, (technical,), everything)
            found.append(renamed(gain, GAIN_OVER_CHAMPION))
        return found + self._of_slices(version)

    def _of_slices(self, version: str) -> list[Estimate]:
        settings, found = self._specification, list[Estimate]()
        completed = self._target.values == 1.0
        for name, is_in in slices_of(self._rows, settings.slices):
            is_enough = is_in.sum() >= settings.minimum_slice_rows and has_both_outcomes(
                completed[is_in], settings.minimum_outcomes
            )
            count = len(np.unique(self._groups[is_in]))
            figures = (
                self._compared(version, self._baseline, _SLICE_METRICS, is_in)
                if is_enough
                else [Estimate(metric, count) for metric in _SLICE_METRICS]
            )
            found += [renamed(own, f"{own.metric}:{name}") for own in figures]
        return found

    def _compared(
        self, version: str, other: str | None, metrics: tuple[str, ...], is_in: BoolArray
    ) -> list[Estimate]:
        groups = np.unique(self._groups[is_in], return_inverse=True)[1]
        return estimate(
            metrics,
            self._statistic(version, metrics, is_in, groups),
            None
            if other in (None, version)
            else self._statistic(str(other), metrics, is_in, groups),
            int(groups.max()) + 1,
            self._specification.bootstrap_resamples,
            self._specification.seed,
        )

    def _statistic(
        self, version: str, metrics: tuple[str, ...], is_in: BoolArray, groups: Positions
    ) -> Statistic:
        chosen = [BINARY_METRICS.index(metric) for metric in metrics]
        figures = binary_figures(self._target.values[is_in], self._probabilities[version][is_in])

        def statistic(customers: Positions) -> FloatArray:
            weights = np.bincount(customers, minlength=int(groups.max()) + 1).astype(np.float64)
            return figures(weights[groups])[chosen]

        return statistic
