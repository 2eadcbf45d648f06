"""An invented service whose offers keep lovers of drama and drive away lovers of horror."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from marquee.ml.tabular.specification import ModelSpecification

DAY = dt.date(2026, 3, 1)
KNOWN = dt.date(2026, 4, 1)
SETTINGS: dict[str, Any] = {
    "objective": "By how much an offer keeps.",
    "decision": "Who gets an offer.",
    "success_criteria": {
        "technical": {"metric": "qini_coefficient", "minimum": 0},
        "business": {"metric": "difference", "minimum": 0},
    },
    "candidates": {
        "linear": {"penalty": [0.1, 1, 10], "l1_share": [0]},
        "boosting": {"leaves": [4]},
    },
    "selection": {"method": "cross_validation", "folds": 4},
    "cadence": "always",
    "slices": ["plan_id", "tenure_days:30:90"],
    "minimum_slice_rows": 30,
    "bootstrap_resamples": 40,
}
EFFECT_FEATURES = ["plan_tier"]
RISK_BANDS = pa.table(
    {
        "risk_band": ["low", "high"],
        "probability_from": pa.array([Decimal("0"), Decimal("0.3")], pa.decimal128(9, 8)),
        "probability_below": pa.array([Decimal("0.3"), Decimal("1.1")], pa.decimal128(9, 8)),
    }
)
OFFER_SCHEMA = pa.schema(
    [
        ("offer_id", pa.string()),
        ("customer_id", pa.string()),
        ("treatment_probability", pa.decimal128(9, 8)),
        ("is_treated", pa.bool_()),
        ("is_churned", pa.bool_()),
        ("as_of_date", pa.date32()),
    ]
)


def specification(**changed: Any) -> ModelSpecification:
    return ModelSpecification.from_mapping(SETTINGS | changed)


def service(customers: int = 3000, seed: int = 1) -> tuple[dict[str, pa.Table], np.ndarray]:
    """Offers, snapshots, labels and genre shares; and the true reductions, in the order of offers.

    The risk rises with silence; an offer lowers the log-odds by 1.5 for lovers of drama and raises
    them by 1.5 for lovers of horror, so that risk alone says nothing about whom it keeps.
    """
    generator = np.random.default_rng(seed)
    silence = generator.normal(size=customers)
    likes_drama = generator.random(customers) < 0.7
    effect = np.where(likes_drama, -1.5, 1.5)
    log_odds = -1.0 + silence
    share = generator.choice([0.5, 0.8], customers)
    is_treated = generator.random(customers) < share
    risk, with_offer = (1 / (1 + np.exp(-own)) for own in (log_odds, log_odds + effect))
    churned = generator.random(customers) < np.where(is_treated, with_offer, risk)
    ids = [f"c{row:05d}" for row in range(customers)]
    days = pa.array([DAY] * customers, pa.date32())
    offers = pa.table(
        [
            pa.array([f"o{row:05d}" for row in range(customers)]),
            pa.array(ids),
            pa.array([Decimal(str(one)) for one in share], pa.decimal128(9, 8)),
            pa.array(is_treated),
            pa.array(churned),
            days,
        ],
        schema=OFFER_SCHEMA,
    )
    snapshots = pa.table(
        {
            "customer_id": ids,
            "as_of_date": days,
            "plan_id": np.where(generator.random(customers) < 0.5, "basic", "premium").tolist(),
            "plan_tier": ["basic"] * customers,
            "tenure_days": generator.integers(0, 200, customers),
            "silence": silence,
        }
    )
    labels = pa.table(
        {
            "customer_id": ids,
            "as_of_date": days,
            "is_churned": generator.random(customers) < risk,
            "label_known_date": pa.array([KNOWN] * customers, pa.date32()),
        }
    )
    genre_shares = pa.table(
        {
            "customer_id": ids,
            "genre_name": np.where(likes_drama, "drama", "horror").tolist(),
            "as_of_date": days,
            "genre_share_rate": pa.array([Decimal("1")] * customers, pa.decimal128(18, 8)),
        }
    )
    tables = {
        "offers": offers,
        "snapshots": snapshots,
        "labels": labels,
        "genre_shares": genre_shares,
    }
    return tables, risk - with_offer


def segments(tables: dict[str, pa.Table]) -> pa.Table:
    """Segments of lovers of a genre, as score_offer_segments has them; every fifth has none."""
    shares = tables["genre_shares"]
    labels = ["Loves " + genre for genre in shares["genre_name"].to_pylist()]
    known = pa.table(
        {
            "customer_id": shares["customer_id"],
            "as_of_date": shares["as_of_date"],
            "segment_id": [1 if label == "Loves drama" else 2 for label in labels],
            "segment_label": pa.array(labels, pa.string()),
        }
    )
    return known.filter(pa.array(np.arange(known.num_rows) % 5 > 0, pa.bool_()))


def scores(snapshots: pa.Table) -> pa.Table:
    """What the churn champion says: the true risk."""
    probability = 1 / (1 + np.exp(1.0 - snapshots["silence"].to_numpy()))
    return pa.table(
        {
            "customer_id": snapshots["customer_id"],
            "as_of_date": snapshots["as_of_date"],
            "model_version": pa.array(["v1"] * snapshots.num_rows, pa.string()),
            "churn_probability": pa.array(
                [Decimal(f"{one:.8f}") for one in probability], pa.decimal128(12, 8)
            ),
        }
    )


def shuffled(table: pa.Table, seed: int = 5) -> pa.Table:
    return table.take(pa.array(np.random.default_rng(seed).permutation(table.num_rows)))
