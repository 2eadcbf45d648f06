"""The registry: which model versions may know a customer, and which must go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from marquee.contract import Table
from marquee.engine import parquet
from marquee.forgetting.names import Customers
from marquee.ingest.lake import Lake
from marquee.log import LOG
from marquee.registry import SOURCE


@dataclass(frozen=True, order=True)
class Version:
    """A version of a model."""

    model_name: str
    model_version: str


def versions_since(
    connection: duckdb.DuckDBPyConnection, lake: Lake, since: dt.datetime
) -> set[Version]:
    """Versions that were published after a moment: whoever was in the lake then may be in them."""
    versions = lake.files(lake.contract.table(SOURCE, "model_versions"))
    rows = connection.execute(
        f"select distinct model_name, model_version from {versions} where published_at >= ?",
        [since],
    ).fetchall()
    return {Version(*row) for row in rows}


def versions_that_name(
    connection: duckdb.DuckDBPyConnection, lake: Lake, customers: Customers
) -> set[Version]:
    """Versions with a row that has a customer's id: factors of a customer are personal."""
    found = set()
    for table in _tables(lake):
        texts = (column.name for column in table.columns if column.data_type == "varchar")
        names_one = " or ".join(f"{name} in {customers.listed}" for name in texts)
        rows = connection.execute(
            f"select distinct model_name, model_version from {lake.files(table)} where {names_one}"
        ).fetchall()
        found |= {Version(*row) for row in rows}
    return found


def remove_versions(
    connection: duckdb.DuckDBPyConnection, lake: Lake, versions: set[Version]
) -> None:
    """Take versions out of the registry: the next build can't use them, and trains what it lacks.

    The list of versions stays: of a prediction that somebody kept it tells which one made it.
    """
    for table in _tables(lake):
        if table.name == "model_versions":
            continue
        for path in sorted(lake.folder(table).glob("*/*.parquet")):
            rows = connection.execute(
                f"select distinct model_name, model_version from {parquet(path)}"
            ).fetchall()
            if rows and {Version(*row) for row in rows} <= versions:
                LOG.info("removing %s", path)
                path.unlink()


def _tables(lake: Lake) -> Iterator[Table]:
    for table in lake.contract.all():
        if table.source == SOURCE and any(c.name == "model_version" for c in table.columns):
            yield table
