"""One customer's score from the warehouse, by the champion and the features of the last build."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import pyarrow as pa

from marquee.engine import opened
from marquee.ml.churn import explain_churn, score_churn
from marquee.paths import Paths

SNAPSHOT = """
    from features.feat_customer_snapshots
    where customer_id = ?
        and as_of_date = (select max(as_of_date) from features.feat_customer_snapshots)
"""


class NoScoreError(Exception):
    """There is nobody to score, or nothing to score with; the message says what to do."""


@dataclass(frozen=True)
class ChurnScore:
    """The probability that a customer leaves within the horizon, and what it is made of."""

    customer_id: str
    as_of_date: dt.date
    model_version: str
    churn_probability: Decimal
    base_log_odds: Decimal
    contributions: tuple[tuple[str, object, Decimal], ...]
    """Feature, its value, and what it adds to the log-odds; the largest first."""


def score_customer(paths: Paths, customer_id: str) -> ChurnScore:
    """Score one customer as the batch does: the same digits.

    Args:
        paths: the deployment.
        customer_id: the customer's id at the source.

    Raises:
        NoScoreError: if nothing is built yet, the id is no customer on the newest snapshot day, has
            cancelled already, or the service has no churn model yet.
    """
    if not paths.warehouse.is_file():
        raise NoScoreError("Nothing is built yet. Run: marquee run")
    try:
        with opened(paths.warehouse) as connection:
            snapshot = connection.execute(SNAPSHOT, [customer_id]).to_arrow_table()
            artifacts, decisions = (
                connection.execute(f"from predictions.{name}").to_arrow_table()
                for name in ("train_churn_models", "eval_churn_decisions")
            )
    except duckdb.CatalogException as error:
        raise NoScoreError("The warehouse has no churn model. Run: marquee run") from error
    except duckdb.IOException as error:
        raise NoScoreError(f"The warehouse is being built; try again later ({error}).") from error
    if not snapshot.num_rows:
        raise NoScoreError(f"{customer_id} is no customer on the newest snapshot day.")
    scores = score_churn(snapshot, artifacts, decisions).to_pylist()
    if not scores:
        raise NoScoreError(
            f"{customer_id} has no score: who has cancelled already is not scored, and nobody is "
            "before labels are known. See serving.model_versions."
        )
    contributions = explain_churn(snapshot, artifacts, decisions)
    return ChurnScore(
        customer_id,
        scores[0]["as_of_date"],
        scores[0]["model_version"],
        scores[0]["churn_probability"],
        scores[0]["base_log_odds"],
        _largest_first(contributions, snapshot.to_pylist()[0]),
    )


def _largest_first(
    contributions: pa.Table, values: dict[str, object]
) -> tuple[tuple[str, object, Decimal], ...]:
    rows = sorted(contributions.to_pylist(), key=lambda r: (-abs(r["contribution"]), r["feature"]))
    return tuple((row["feature"], values[row["feature"]], row["contribution"]) for row in rows)
