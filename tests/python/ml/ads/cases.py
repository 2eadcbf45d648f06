"""Invented impressions whose truth is known."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from marquee.ml.ads import ModelSpecification
from marquee.ml.ads.training import BASELINE

SETTINGS: dict[str, Any] = {
    "objective": "How probable it is that an ad is watched to its end.",
    "decision": "Which creatives run in mid-roll breaks.",
    "success_criteria": {
        "technical": {"metric": "auc", "minimum": 0.55},
        "business": {"metric": "lift_in_tenth_1", "minimum": 1.0},
    },
    "candidates": {
        "linear": {"penalty": [0.001], "l1_share": [0.0]},
        "boosting": {"leaves": [4], "rounds": [20]},
        "plugged": [
            {"family": BASELINE, "grid": {"prior_impressions": [20]}},
            {"family": "marquee.ml.ads.rates:segment_rates", "grid": {"prior_impressions": [20]}},
        ],
    },
    "selection": {"method": "validation_split"},
    "cadence": "always",
    "slices": ["break_type"],
    "minimum_outcomes": 10,
    "bootstrap_resamples": 30,
}
CREATIVES = ("a1", "a2", "a3", "a4")
CATEGORIES = {"a1": "travel", "a2": "food", "a3": "travel", "a4": "cars"}
SCHEMA = pa.schema(
    [
        ("impression_id", pa.string()),
        ("customer_id", pa.string()),
        ("creative_id", pa.string()),
        ("break_type", pa.string()),
        ("main_genre_name", pa.string()),
        ("device_class", pa.string()),
        ("daypart", pa.string()),
        ("taste_segment", pa.string()),
        ("advertiser_name", pa.string()),
        ("product_category", pa.string()),
        ("segment_category", pa.string()),
        ("pod_position", pa.int32()),
        ("serving_probability", pa.decimal128(9, 8)),
        ("creative_duration_ms", pa.int64()),
        ("is_ad_completed", pa.bool_()),
        ("as_of_date", pa.date32()),
        ("outcome_known_date", pa.date32()),
        ("broadcast_date", pa.date32()),
    ]
)
AS_OF = dt.date(2026, 3, 1)


def specification(**changed: Any) -> ModelSpecification:
    return ModelSpecification.from_mapping(SETTINGS | changed)


def impressions(count: int = 3_000, seed: int = 1) -> pa.Table:
    """Segment 1 stays for travel, segment 2 for food; pods cost; mid-rolls are watched longest."""
    generator = np.random.default_rng(seed)
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    rows = []
    for number in range(count):
        place = int(generator.choice(4, p=shares))
        creative, segment = CREATIVES[place], str(generator.integers(1, 3))
        kind = ("pre_roll", "mid_roll", "post_roll")[int(generator.integers(0, 3))]
        pod = int(generator.integers(1, 4))
        likes = (segment, CATEGORIES[creative]) in {("1", "travel"), ("2", "food")}
        log_odds = 0.2 + 1.5 * likes + 0.6 * (kind == "mid_roll") - 0.4 * (pod - 1)
        day = AS_OF - dt.timedelta(days=40 - number * 40 // count)
        rows.append({
            "impression_id": f"i{number:05d}",
            "customer_id": f"c{generator.integers(0, 200):03d}" if number % 10 else None,
            "creative_id": creative,
            "break_type": kind,
            "main_genre_name": ("drama", "comedy", None)[int(generator.integers(0, 3))],
            "device_class": "tv",
            "daypart": ("evening", "night")[int(generator.integers(0, 2))],
            "taste_segment": segment,
            "advertiser_name": f"of {creative}",
            "product_category": CATEGORIES[creative],
            "segment_category": f"{segment} {CATEGORIES[creative]}",
            "pod_position": pod,
            "serving_probability": Decimal(str(shares[place])),
            "creative_duration_ms": 10_000 * (place + 1),
            "is_ad_completed": bool(generator.random() < 1 / (1 + np.exp(-log_odds))),
            "as_of_date": AS_OF,
            "outcome_known_date": day + dt.timedelta(days=1),
            "broadcast_date": day,
        })  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def decisions(artifacts: pa.Table, algorithm: str) -> pa.Table:
    """The version of an algorithm as champion."""
    rows = {(row["model_version"], row["algorithm"] == algorithm) for row in artifacts.to_pylist()}
    return pa.Table.from_pylist(
        [
            {
                "model_name": "ad_completion",
                "model_version": version,
                "status": "champion" if is_it else "challenger",
            }
            for version, is_it in sorted(rows)
        ]
    )
