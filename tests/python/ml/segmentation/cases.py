"""Invented tastes whose segments are known."""

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa

from marquee.ml.segmentation import SegmentSpecification

DAY = dt.date(2026, 6, 1)
SETTINGS: dict[str, Any] = {
    "objective": "Who likes the same.",
    "decision": "What a campaign writes about.",
    "success_criteria": {
        "technical": {"metric": "stability", "minimum": 0.6},
        "business": {"metric": "smallest_share", "minimum": 0.02},
    },
    "segment_counts": [2, 3, 4, 5, 6],
    "cadence": "always",
    "starts": 5,
    "stability_bootstraps": 5,
    "bootstrap_resamples": 40,
}
GENRES = ("action", "crime", "drama", "music", "sport", "war")
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("taste_feature", pa.string()),
        ("as_of_date", pa.date32()),
        ("known_play_count", pa.int64()),
        ("feature_units", pa.int64()),
    ]
)


def specification(**changed: Any) -> SegmentSpecification:
    return SegmentSpecification.from_mapping(SETTINGS | changed)


def planted(
    sizes: tuple[int, ...] = (120, 80, 60, 40),
    seed: int = 1,
    plays: int = 30,
    day: dt.date = DAY,
) -> tuple[pa.Table, np.ndarray]:
    """Customers of segment n love genre n; gives their tastes and segments, by customer."""
    random = np.random.default_rng(seed)
    segments = np.repeat(np.arange(len(sizes)), sizes)
    rows = []
    for number, segment in enumerate(segments.tolist()):
        weights = np.full(len(GENRES), 0.6)
        weights[segment] = 12.0
        shares = random.dirichlet(weights)
        units = dict(zip([f"genre:{name}" for name in GENRES], np.sqrt(shares), strict=True))
        units["engagement:active_days"] = random.random()
        for feature, value in units.items():
            rows.append((f"c{number:04d}", feature, day, plays, round(value * 1e6)))
    return table(rows), segments


def table(rows: list[tuple[str, str, dt.date, int, int]]) -> pa.Table:
    named = [dict(zip(SCHEMA.names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, schema=SCHEMA)


def alike(count: int = 80) -> pa.Table:
    """Customers whose tastes are the same."""
    return table([(f"c{n:04d}", "genre:drama", DAY, 30, 1_000_000) for n in range(count)])


def rules(count: int) -> pa.Table:
    """Rule segments that have nothing to do with tastes."""
    return pa.table(
        {
            "customer_id": [f"c{number:04d}" for number in range(count)],
            "rule_segment": [("Loyal", "New", "Lost")[number % 3] for number in range(count)],
        }
    )


def registered(artifacts: pa.Table, champion: str | None) -> pa.Table:
    """Artefacts as the registry gives them back."""
    flags = [version == champion for version in artifacts["model_version"].to_pylist()]
    return artifacts.append_column("is_champion", pa.array(flags, pa.bool_()))


def shuffled(tastes: pa.Table, seed: int) -> pa.Table:
    return tastes.take(pa.array(np.random.default_rng(seed).permutation(tastes.num_rows)))


def versions_of(artifacts: pa.Table) -> list[str]:
    return sorted(set(artifacts["model_version"].to_pylist()))
