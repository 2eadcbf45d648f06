"""Finds segments anew, unless the registry holds them or it is too early."""

import datetime as dt
from pathlib import Path

import pyarrow as pa

from marquee.log import LOG
from marquee.ml import versions
from marquee.ml.artifacts import (
    ARTIFACT_SCHEMA,
    FACTS,
    Artifacts,
    artifact_table,
    registered_artifacts,
    version_of,
    waiting_versions,
)
from marquee.ml.segmentation.artifacts import ALGORITHM, Segments, read_segments, segment_rows
from marquee.ml.segmentation.candidates import choose, try_segment_counts
from marquee.ml.segmentation.clustering import assign
from marquee.ml.segmentation.numbering import number_segments
from marquee.ml.segmentation.specification import SegmentSpecification
from marquee.ml.segmentation.tastes import Integers, Tastes, read_tastes, training_rows
from marquee.ml.tabular.artifacts import training_fact
from marquee.ml.training_plan import cadence_days

SEGMENTS = "segments"
NUMBERED_AFTER = "numbered_after"
_PACKAGES = ("numpy", "scipy")


def train_segments(
    tastes: pa.Table,
    specification: SegmentSpecification,
    registered: pa.Table | None = None,
) -> pa.Table:
    """Finds segments, and keeps the registered champion beside them.

    Args:
        tastes: customer_id, taste_feature, as_of_date, known_play_count and feature_units; rows in
            any order.
        specification: Settings. With a cadence, the version of the last training goes on until
            its days are over or the settings are others; counted in snapshot days.
        registered: Table of ARTIFACT_SCHEMA and is_champion, true for the version that the
            registry named last before this snapshot day; none if left out.

    Returns:
        Table of ARTIFACT_SCHEMA, sorted by version and key; empty if there are too few customers.
    """
    known, champions = registered_artifacts(registered)
    everybody = read_tastes(tastes)
    if everybody.as_of_date is None:
        return ARTIFACT_SCHEMA.empty_table()
    kept = {version: known[version] for version in champions}
    wanted = _still_in_force(known, everybody.as_of_date, specification)
    if not wanted:
        wanted = _trained(everybody, specification, known, kept)
    return artifact_table(SEGMENTS, wanted | kept)


def labels_of(tastes: Tastes, segments: Segments) -> Integers:
    """Gives the place of each customer's segment among those of a version."""
    units = tastes.aligned(segments.features)
    return assign(units, segments.centroids, segments.weights)


def _still_in_force(
    known: Artifacts, as_of_date: dt.date, specification: SegmentSpecification
) -> Artifacts:
    """Gives the version of the last training if it is too early for another one."""
    of_last = waiting_versions(known, as_of_date, cadence_days(specification.cadence))
    if not of_last:
        return {}
    # Should a day have been published twice, with other rows: one version, the same every time.
    version = max(of_last)
    rows = known[version]
    is_same = training_fact(rows, "specification") == specification.canonical()
    return {version: rows} if is_same else {}


def _trained(
    everybody: Tastes,
    specification: SegmentSpecification,
    known: Artifacts,
    champion: Artifacts,
) -> Artifacts:
    tastes = everybody.of_plays(specification.training_play_count)
    if len(tastes) < specification.minimum_customers:
        return {}
    facts = _facts(tastes, specification) | {NUMBERED_AFTER: next(iter(champion), "")}
    # The numbers of the segments depend on those before them.
    numbered = facts["training_fingerprint"] + facts[NUMBERED_AFTER]
    version = version_of(SEGMENTS, ALGORITHM, facts | {"training_fingerprint": numbered})
    if version in known:
        return {version: known[version]}
    LOG.info("training %s on %d customers", SEGMENTS, len(tastes))
    weights, candidates = try_segment_counts(tastes, specification)
    if not candidates:
        return {}
    chosen = choose(candidates, specification)
    older = next(map(read_segments, champion.values()), None)
    ids = number_segments(
        chosen.labels,
        chosen.segment_count,
        None if older is None else labels_of(tastes, older),
        () if older is None else older.ids,
        specification.minimum_overlap,
    )
    return {version: segment_rows(tastes, weights, candidates, chosen, ids, facts, specification)}


def _facts(tastes: Tastes, specification: SegmentSpecification) -> dict[str, str]:
    values = (
        str(tastes.as_of_date),
        str(len(tastes)),
        versions.training_fingerprint(training_rows(tastes), ["customer_id"]),
        specification.canonical(),
        versions.package_versions(_PACKAGES),
        versions.code_version(list(Path(__file__).parent.glob("*.py"))),
    )
    return dict(zip(FACTS, values, strict=True))
