"""Measures segments on the customers of the newest snapshot day, beside the rules."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.artifacts import Artifacts, identity_of, read_artifacts
from marquee.ml.dense_index import Positions, dense_index, positions_of
from marquee.ml.evaluations import (
    EVALUATION_ORDER,
    EVALUATION_SCHEMA,
    GAIN_OVER_CHAMPION,
    REGISTERED_CHAMPION,
    evaluation_row,
)
from marquee.ml.intervals import Estimate, Statistic, estimate
from marquee.ml.one_thread import one_thread
from marquee.ml.segmentation.artifacts import (
    Segments,
    chosen_count,
    read_candidates,
    read_segments,
)
from marquee.ml.segmentation.candidates import sample_of
from marquee.ml.segmentation.quality import adjusted_rand_index, explained_share, silhouettes
from marquee.ml.segmentation.specification import SegmentSpecification
from marquee.ml.segmentation.tastes import FloatArray, Integers, Tastes, as_points, read_tastes
from marquee.ml.segmentation.training import SEGMENTS, labels_of
from marquee.ml.tabular.artifacts import ArtifactRow, training_fact
from marquee.ml.training_plan import success_estimates

AGREEMENT_WITH_RULES = "adjusted_rand_index_with_rules"


def evaluate_segments(
    tastes: pa.Table,
    rule_segments: pa.Table,
    artifacts: pa.Table,
    specification: SegmentSpecification,
    registered: pa.Table | None = None,
) -> pa.Table:
    """Evaluates all versions, each beside the segments that rules make of the same customers.

    Args:
        tastes: As for training.
        rule_segments: customer_id and rule_segment, one row a customer.
        artifacts: What `train_segments` gave for the same table.
        specification: Settings.
        registered: Table of ARTIFACT_SCHEMA and is_champion, as for training.

    Returns:
        Table of EVALUATION_SCHEMA, sorted. The split customers_<day> holds figures of the segments
        on the newest day: silhouette and explained_share with those of the rules as baseline, the
        agreement with the rules, stability and smallest_share, the two criteria of the
        specification, and the comparison with the registered champion. The splits segments_<count>
        hold what training found for each number of segments.

    Raises:
        ValueError: If a criterion asks for a figure that there is none of.
    """
    found = read_artifacts(artifacts)
    everybody = read_tastes(tastes)
    if not found or everybody.as_of_date is None:
        return EVALUATION_SCHEMA.empty_table()
    champion = _champion(registered, found)
    customers = everybody.of_plays(specification.training_play_count)
    rules = _rules_of(customers, rule_segments)
    with one_thread():
        evaluation = _Evaluation(customers, rules, found, champion, specification)
        table = [
            evaluation_row(identity_of(SEGMENTS, version, rows), split, figures)
            for version, rows in found.items()
            for split, figures in [
                *((f"customers_{everybody.as_of_date}", own) for own in evaluation.of(version)),
                *_of_candidates(rows, evaluation.training_count(version)),
            ]
        ]
    return pa.Table.from_pylist(table, schema=EVALUATION_SCHEMA).sort_by(EVALUATION_ORDER)


class _Evaluation:
    """Labels of all versions for the same customers, and what follows from them."""

    def __init__(
        self,
        customers: Tastes,
        rules: Integers,
        artifacts: Artifacts,
        champion: str | None,
        specification: SegmentSpecification,
    ) -> None:
        self._customers = customers
        self._rules = rules
        self._artifacts = artifacts
        self._champion = champion
        self._specification = specification
        self._sample = sample_of(
            len(customers), specification.silhouette_sample, specification.seed
        )
        self._segments = {version: read_segments(rows) for version, rows in artifacts.items()}
        self._labels = {
            version: labels_of(customers, segments) for version, segments in self._segments.items()
        }

    def training_count(self, version: str) -> int:
        """Gives how many customers a version was trained with."""
        return int(training_fact(self._artifacts[version], "training_row_count"))

    def of(self, version: str) -> list[Estimate]:
        """Gives all figures of a version."""
        count = len(self._customers)
        if not count:
            names = ["silhouette", *([REGISTERED_CHAMPION] if version == self._champion else [])]
            return [Estimate(name, 0) for name in names]
        labels, points = self._labels[version], self._points(self._segments[version])
        found = [self._silhouette(points, labels, self._rules)]
        explained, by_rules = (explained_share(points, own) for own in (labels, self._rules))
        found.append(
            Estimate(
                "explained_share",
                count,
                explained,
                baseline_value=by_rules,
                difference=explained - by_rules,
            )
        )
        agreement = adjusted_rand_index(labels, self._rules)
        found.append(Estimate(AGREEMENT_WITH_RULES, count, agreement))
        members = np.bincount(labels, minlength=len(self._segments[version].ids))
        found.append(Estimate("smallest_share", count, float(members.min() / count)))
        found.append(self._stability(version))
        found += success_estimates(found, self._specification.success_criteria)
        found += self._beside_the_champion(version, points)
        return found

    def _points(self, segments: Segments) -> FloatArray:
        return as_points(self._customers.aligned(segments.features), segments.weights)

    def _silhouette(self, points: FloatArray, labels: Integers, others: Integers) -> Estimate:
        own, other = (
            silhouettes(points[self._sample], each[self._sample]) for each in (labels, others)
        )
        [found] = estimate(
            ("silhouette",),
            _mean_of(own),
            _mean_of(other),
            len(self._sample),
            self._specification.bootstrap_resamples,
            self._specification.seed,
        )
        return found

    def _stability(self, version: str) -> Estimate:
        rows = self._artifacts[version]
        return _stability(read_candidates(rows)[chosen_count(rows)], self.training_count(version))

    def _beside_the_champion(self, version: str, points: FloatArray) -> Iterator[Estimate]:
        if version == self._champion:
            yield Estimate(REGISTERED_CHAMPION, len(self._customers))
        elif self._champion is not None:
            own = self._silhouette(points, self._labels[version], self._labels[self._champion])
            yield Estimate(**{**vars(own), "metric": GAIN_OVER_CHAMPION})


def _mean_of(values: FloatArray) -> Statistic:
    def statistic(drawn: Positions) -> FloatArray:
        means: FloatArray = values[drawn].mean(keepdims=True)
        return means

    return statistic


def _champion(registered: pa.Table | None, artifacts: Artifacts) -> str | None:
    if registered is None:
        return None
    named = pc.unique(registered.filter(registered["is_champion"])["model_version"]).to_pylist()
    return next((version for version in sorted(named) if version in artifacts), None)


def _rules_of(customers: Tastes, rule_segments: pa.Table) -> Integers:
    """Gives the rule segment of each customer as a number; customers without one share theirs."""
    names, numbers = dense_index(rule_segments["rule_segment"])
    ids = pa.array(customers.customer_ids, pa.string())
    found = np.full(len(ids), len(names), dtype=np.int64)
    places = positions_of(rule_segments["customer_id"], ids) if len(ids) else np.empty(0, int)
    is_known = places >= 0
    found[places[is_known]] = numbers[is_known]
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _of_candidates(rows: list[ArtifactRow], count: int) -> Iterator[tuple[str, Estimate]]:
    for segment_count, figures in read_candidates(rows).items():
        split = f"segments_{segment_count:02d}"
        yield split, _stability(figures, count)
        # The sum of squares itself outgrows the column where there are many customers.
        yield split, Estimate("sse_per_customer", count, figures["sum_of_squares"] / count)
        for name in ("explained_share", "silhouette", "smallest_share"):
            yield split, Estimate(name, count, figures[name])


def _stability(figures: dict[str, float], count: int) -> Estimate:
    return Estimate(
        "stability",
        count,
        figures["stability"],
        figures["stability_lower_bound"],
        figures["stability_upper_bound"],
    )
