"""Invented snapshots whose truth is known."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from marquee.ml.churn import ModelSpecification

SETTINGS: dict[str, Any] = {
    "objective": "Which customers cancel within 30 days.",
    "decision": "Who gets an offer.",
    "success_criteria": {
        "technical": {"metric": "auc", "minimum": 0.6},
        "business": {"metric": "lift_in_tenth_1", "minimum": 1.2},
    },
    "candidates": {
        "linear": {"penalty": [0.001, 0.01], "l1_share": [0.5]},
        "boosting": {"leaves": [4], "rounds": [40], "learning_rate": [0.1]},
    },
    "selection": {"method": "cross_validation", "folds": 3},
    "cadence": "always",
    "excluded_features": ["subscription_id"],
    "slices": ["plan_id", "tenure_days:30:90"],
    "minimum_slice_rows": 50,
    "minimum_outcomes": 10,
    "bootstrap_resamples": 40,
}
DATES = [dt.date(2026, month, 1) for month in (1, 2, 3, 4, 5)]


def specification(**changed: Any) -> ModelSpecification:
    return ModelSpecification.from_mapping(SETTINGS | changed)


def service(
    customers: int = 300, dates: list[dt.date] = DATES, seed: int = 1, noise: float = 1.0
) -> tuple[pa.Table, pa.Table]:
    """Snapshots and labels: who has not watched for long, on the basic plan, leaves more often.

    The newest date has no labels yet; the others are known on the next date.
    """
    generator = np.random.default_rng(seed)
    snapshots, labels = [], []
    for position, date in enumerate(dates):
        silence = generator.gamma(2.0, 5.0, customers)
        is_basic = generator.random(customers) < 0.5
        tenure = generator.integers(0, 200, customers)
        irrelevant = generator.normal(size=customers)
        log_odds = -2.5 + 0.12 * silence + 1.0 * is_basic + noise * generator.normal(size=customers)
        churned = generator.random(customers) < 1.0 / (1.0 + np.exp(-log_odds))
        for row in range(customers):
            key = {"customer_id": f"c{row:04d}", "as_of_date": date}
            is_unknown = generator.random() < 0.1
            snapshots.append(
                key
                | {
                    "subscription_id": f"s{row:04d}",
                    "plan_id": "basic" if is_basic[row] else "premium",
                    "country_code": "US",
                    "tenure_days": int(tenure[row]),
                    "customer_age_days": 400,
                    "silence": None if is_unknown else Decimal(f"{silence[row]:.4f}"),
                    "irrelevant": Decimal(f"{irrelevant[row]:.4f}"),
                    "always_missing": None,
                    "is_trial": bool(tenure[row] < 14),
                    "is_cancelled": row == 0 and date == dates[-1],
                }
            )
            if position + 1 < len(dates):
                labels.append(
                    key
                    | {
                        "is_churned": bool(churned[row]),
                        "label_known_date": dates[position + 1],
                    }
                )
    return pa.Table.from_pylist(snapshots, schema=SNAPSHOT_SCHEMA), pa.Table.from_pylist(
        labels, schema=LABEL_SCHEMA
    )


SNAPSHOT_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("subscription_id", pa.string()),
        ("plan_id", pa.string()),
        ("country_code", pa.string()),
        ("tenure_days", pa.int64()),
        ("customer_age_days", pa.int64()),
        ("silence", pa.decimal128(18, 4)),
        ("irrelevant", pa.decimal128(18, 4)),
        ("always_missing", pa.decimal128(18, 4)),
        ("is_trial", pa.bool_()),
        ("is_cancelled", pa.bool_()),
    ]
)
LABEL_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("is_churned", pa.bool_()),
        ("label_known_date", pa.date32()),
    ]
)


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    return table.take(pa.array(np.random.default_rng(seed).permutation(table.num_rows)))


def decisions(artifacts: pa.Table, champion: str) -> pa.Table:
    """The given version as champion, all others as challengers."""
    versions = sorted(set(artifacts["model_version"].to_pylist()))
    return pa.table(
        {
            "model_name": ["churn"] * len(versions),
            "model_version": versions,
            "status": ["champion" if version == champion else "challenger" for version in versions],
        }
    )


def version_of(artifacts: pa.Table, algorithm: str) -> str:
    [version] = {
        row["model_version"] for row in artifacts.to_pylist() if row["algorithm"] == algorithm
    }
    return version


def registered(artifacts: pa.Table, champion: str | None = None) -> pa.Table:
    """Artefacts as the registry gives them back."""
    flags = [version == champion for version in artifacts["model_version"].to_pylist()]
    return artifacts.append_column("is_champion", pa.array(flags, pa.bool_()))
