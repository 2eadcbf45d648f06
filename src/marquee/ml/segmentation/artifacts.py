"""Segments as rows of text: what the registry keeps and SQL assigns by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from marquee.ml.segmentation.candidates import Candidate, is_eligible
from marquee.ml.segmentation.specification import SegmentSpecification
from marquee.ml.segmentation.tastes import Integers, Tastes
from marquee.ml.segmentation.traits import traits_of
from marquee.ml.tabular.artifacts import ArtifactRow

ALGORITHM = "k_means"
FIGURES = (
    "sum_of_squares",
    "explained_share",
    "silhouette",
    "stability",
    "stability_lower_bound",
    "stability_upper_bound",
    "smallest_share",
)


@dataclass(frozen=True, eq=False)
class Segments:
    """The centroids of a version, in order of their numbers.

    Attributes:
        ids: Numbers, rising.
        features: Names of the features.
        centroids: In units, shape (segments, features).
        weights: Weights of the squares, shape (features,).
        minimum_play_count: A customer with fewer known plays is not assigned.
    """

    ids: tuple[int, ...]
    features: tuple[str, ...]
    centroids: Integers
    weights: Integers
    minimum_play_count: int


def segment_rows(
    tastes: Tastes,
    weights: Integers,
    candidates: list[Candidate],
    chosen: Candidate,
    ids: tuple[int, ...],
    facts: Mapping[str, str],
    specification: SegmentSpecification,
) -> list[ArtifactRow]:
    """Writes a version.

    Args:
        tastes: Customers it was trained with.
        weights: Weights of the features.
        candidates: All numbers of segments that were tried.
        chosen: The one of them that counts.
        ids: Numbers of its segments.
        facts: What else is to be kept, by name.
        specification: Settings.

    Returns:
        Rows with a key of artifact_name, entry_id and field_name, sorted by it.
    """
    rows = [ArtifactRow("training", name, "", text) for name, text in facts.items()]
    rows += [
        ArtifactRow("model", "algorithm", "", ALGORITHM),
        ArtifactRow("model", "minimum_play_count", "", str(specification.minimum_play_count)),
    ]
    means = np.rint(tastes.units.mean(axis=0)).astype(np.int64)
    for place, name in enumerate(tastes.features):
        rows.append(ArtifactRow("feature", name, "weight", str(weights[place])))
        rows.append(ArtifactRow("feature", name, "mean_units", str(means[place])))
    for candidate in candidates:
        entry = f"{candidate.segment_count:02d}"
        # Figures that people read and no model needs again; SQL casts them to as many decimals.
        texts = {name: f"{getattr(candidate, name):.8f}" for name in FIGURES}
        texts["is_eligible"] = str(is_eligible(candidate, specification)).lower()
        texts["is_chosen"] = str(candidate is chosen).lower()
        rows += [ArtifactRow("candidate", entry, name, text) for name, text in texts.items()]
    every = traits_of(tastes, weights, chosen.centroids, specification)
    for place, number in enumerate(ids):
        entry = str(number)
        count = str(chosen.customer_counts[place])
        rows.append(ArtifactRow("segment", entry, "customer_count", count))
        for rank, trait in enumerate(every[place], start=1):
            rows.append(ArtifactRow("segment", entry, f"trait_{rank}_feature", trait.feature))
            rows.append(ArtifactRow("segment", entry, f"trait_{rank}_level", trait.level))
        rows += [
            ArtifactRow("centroid", entry, name, str(chosen.centroids[place, column]))
            for column, name in enumerate(tastes.features)
        ]
    return sorted(rows)


def read_segments(rows: Iterable[ArtifactRow]) -> Segments:
    """Reads the centroids that `segment_rows` wrote, from rows in any order.

    Raises:
        KeyError: If a row is missing.
    """
    found: dict[str, dict[tuple[str, str], str]] = {}
    for row in rows:
        found.setdefault(row.artifact_name, {})[row.entry_id, row.field_name] = row.entry_text
    ids = tuple(sorted({int(entry) for entry, _ in found["centroid"]}))
    features = tuple(sorted({name for name, _ in found["feature"]}))
    return Segments(
        ids,
        features,
        np.array(
            [[int(found["centroid"][str(own), name]) for name in features] for own in ids],
            dtype=np.int64,
        ),
        np.array([int(found["feature"][name, "weight"]) for name in features], dtype=np.int64),
        int(found["model"]["minimum_play_count", ""]),
    )


def read_candidates(rows: Iterable[ArtifactRow]) -> dict[int, dict[str, float]]:
    """Reads the figures of each number of segments that was tried."""
    found: dict[int, dict[str, float]] = {}
    for row in rows:
        if row.artifact_name == "candidate" and row.field_name in FIGURES:
            found.setdefault(int(row.entry_id), {})[row.field_name] = float(row.entry_text)
    return dict(sorted(found.items()))


def chosen_count(rows: Iterable[ArtifactRow]) -> int:
    """Gives the number of segments that was chosen."""
    return next(
        int(row.entry_id)
        for row in rows
        if row[0] == "candidate" and row[2:] == ("is_chosen", "true")
    )
