"""Published model versions, appended to the lake as its own source.

A build reads the registry like any other source and never writes it, so a build stays a pure
function of lake, seeds and code, and a full refresh loses no model.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb

from marquee.contract import Table
from marquee.engine import quoted
from marquee.ingest.lake import Lake, publish_file, write_parquet

SOURCE = "marquee"


@dataclass(frozen=True)
class Ledger:
    """A table of the registry, and where a build leaves what belongs into it."""

    table: str
    relation: str
    unit: tuple[str, ...]
    """Columns whose values make one file: a unit that is registered is never written again."""


# The versions come last: a version is registered once its evaluations and parameters are.
LEDGERS = (
    Ledger("model_parameters", "predictions.train_recommenders", ("model_version",)),
    Ledger("model_parameters", "predictions.train_next_titles", ("model_version",)),
    Ledger("model_artifacts", "predictions.train_churn_models", ("model_version",)),
    Ledger("model_artifacts", "predictions.train_segments", ("model_version",)),
    Ledger("model_artifacts", "predictions.train_sentiments", ("model_version",)),
    Ledger("model_artifacts", "predictions.train_ad_models", ("model_version",)),
    Ledger("model_evaluations", "predictions.eval_recommenders", ("model_version", "split")),
    Ledger("model_evaluations", "predictions.eval_next_titles", ("model_version", "split")),
    Ledger("model_evaluations", "predictions.eval_churn_models", ("model_version", "split")),
    Ledger("model_evaluations", "predictions.eval_segments", ("model_version", "split")),
    Ledger("model_evaluations", "predictions.eval_sentiments", ("model_version", "split")),
    Ledger("model_evaluations", "predictions.eval_sentiment_forecasts", ("model_version", "split")),
    Ledger("model_evaluations", "predictions.eval_ad_models", ("model_version", "split")),
    Ledger("model_versions", "serving.model_versions", ("model_version",)),
    Ledger(
        "model_champions",
        "predictions.eval_churn_champion",
        ("model_name", "as_of_date", "model_version"),
    ),
    Ledger(
        "model_champions",
        "predictions.eval_segment_champion",
        ("model_name", "as_of_date", "model_version"),
    ),
    Ledger(
        "model_champions",
        "predictions.eval_sentiment_champion",
        ("model_name", "as_of_date", "model_version"),
    ),
    Ledger(
        "model_champions",
        "predictions.eval_ad_champion",
        ("model_name", "as_of_date", "model_version"),
    ),
)


def register_models(connection: duckdb.DuckDBPyConnection, warehouse: str, lake: Lake) -> int:
    """Append what the registry doesn't know yet; safe to repeat after a kill.

    Args:
        connection: an engine in which the built warehouse is attached.
        warehouse: its name there.
        lake: where the registry stands.

    Returns:
        The number of files written.
    """
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    written = 0
    for ledger in LEDGERS:
        table = lake.contract.table(SOURCE, ledger.table)
        relation = f"{warehouse}.{ledger.relation}"
        unit = ", ".join(ledger.unit)
        units = connection.execute(
            f"select distinct {unit} from {relation} order by {unit}"
        ).fetchall()
        for values in units:
            name = "-".join(map(str, values))
            if any(lake.folder(table).glob(f"*/{name}.parquet")):
                continue
            chosen = " and ".join(
                f"{column} = {quoted(str(value))}"
                for column, value in zip(ledger.unit, values, strict=True)
            )
            with lake.workspace() as folder:
                write_parquet(
                    connection,
                    f"select {_columns(table, now)} from {relation} where {chosen} "
                    f"order by {', '.join(table.key)}",
                    folder / "registry.parquet",
                )
                publish_file(
                    folder / "registry.parquet",
                    lake.file_path(table, f"batch_month={now:%Y-%m}", name),
                )
            written += 1
    return written


def _columns(table: Table, now: dt.datetime) -> str:
    return ", ".join(
        f"cast({quoted(str(now))} as timestamp) as {column.name}"
        if column.name == "published_at"
        else f"cast({column.name} as {column.duckdb_type}) as {column.name}"
        for column in table.columns
    )
