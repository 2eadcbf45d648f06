"""What the catalogue knows, read from its tables: one object that search and pages share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from marquee.engine import opened
from marquee.paths import Paths
from marquee.pipeline import dbt, initialise, open_lake
from marquee.publish import DATABASE

Row = Mapping[str, Any]

QUERIES = {
    "relations": "select * from catalog.relations order by relation_name",
    "columns": "select * from catalog.columns order by relation_name, column_position",
    "terms": "select * from catalog.glossary_terms order by glossary_term",
    "requirements": "select * from catalog.requirement_results order by requirement_id",
    "checks": "select * from catalog.requirement_checks order by requirement_id, node_id",
    "freshness": "select * from catalog.source_freshness order by source_name, table_name",
    "sufficiency": "select * from catalog.data_sufficiency order by use_case, requirement",
    "results": """
        select relation_name, node_id, node_type, node_status, built_row_count, failing_row_count,
            execution_ms, node_finished_at
        from (
            select *, row_number() over (
                partition by node_id order by node_finished_at desc nulls last, invocation_id desc
            ) as recency_rank
            from catalog.run_nodes
        )
        where recency_rank = 1 order by relation_name, node_type, node_id
    """,
}
DECLARED = ("relations", "columns", "terms")
"""What search needs; these tables are made from the project alone."""


@dataclass(frozen=True)
class Catalogue:
    """The tables of schema ``catalog``, as rows by column name, in a total order."""

    relations: list[Row]
    columns: list[Row]
    terms: list[Row]
    requirements: list[Row]
    checks: list[Row]
    freshness: list[Row]
    sufficiency: list[Row]
    results: list[Row]
    """The newest result of each model and test."""


def read_catalogue(database: Path) -> Catalogue:
    """All tables of a warehouse or of a published copy.

    Raises:
        duckdb.Error: if the file is not there, is in use, or has no such tables.
    """
    with opened(database) as connection:
        return Catalogue(**{name: _rows(connection, sql) for name, sql in QUERIES.items()})


def published_catalogue(paths: Paths) -> Catalogue | None:
    """What is published; None if nothing is, or by a release that knew no such tables."""
    try:
        return read_catalogue(paths.published / DATABASE)
    except (duckdb.CatalogException, duckdb.IOException):
        return None


def declared_catalogue(paths: Paths) -> Catalogue:
    """What the project's files alone tell: its catalogue, built over an empty lake.

    It is built by the same models, so there is one definition of what is where. It takes some ten
    seconds, and touches nothing of the deployment.

    Raises:
        BuildFailedError: if the project can't be read.
    """
    with _empty_deployment(paths) as empty:
        initialise(empty, open_lake(empty))
        models = ["+relations", "+columns", "+glossary_terms"]
        dbt(
            empty,
            *("build", "--quiet", "--select", *models, "--exclude-resource-type"),
            *("test", "unit_test"),
            *("--target", "duckdb", "--target-path", str(empty.home / "target")),
        )
        with opened(empty.warehouse) as connection:
            return Catalogue(
                **{
                    name: _rows(connection, sql) if name in DECLARED else []
                    for name, sql in QUERIES.items()
                }
            )


@contextmanager
def _empty_deployment(paths: Paths) -> Iterator[Paths]:
    home = Path(tempfile.mkdtemp(prefix="marquee-catalogue-"))
    try:
        yield replace(
            paths, home=home, landing=home / "landing", lake=home / "lake", published_root=None
        )
    finally:
        shutil.rmtree(home)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    result = connection.execute(sql)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
