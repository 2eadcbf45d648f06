"""From which columns a column is made, read from the SQL that was run.

The SQL is that of dbt's manifest after a build or ``dbt docs generate``; names and order of the
columns of every table are declared there too, so ``select *`` is resolved without an engine. What a
Python model does with its columns nobody can read from SQL: each of its columns is then said to
come from all columns (``*``) of each table that the model reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from marquee.engine import connect
from marquee.ingest.lake import write_parquet

ALL_COLUMNS = "*"
OF_THE_LAKE = {"_file_key": "varchar", "_row_number": "bigint"}
"""Columns of the lake's files that the contract does not list."""
SCHEMA = pa.schema(
    [
        pa.field(name, pa.string(), nullable=False)
        for name in ("relation_name", "column_name", "upstream_relation_name")
    ]
    + [pa.field("upstream_column_name", pa.string(), nullable=False)]
)


@dataclass(frozen=True, order=True)
class Edge:
    """A column, and one that it is made from."""

    relation_name: str
    column_name: str
    upstream_relation_name: str
    upstream_column_name: str


class LineageError(Exception):
    """The SQL of a model can't be followed; the message names the model and the column."""


def column_lineage(manifest: Mapping[str, Any]) -> list[Edge]:
    """The direct edges of all models of a manifest with compiled SQL, in order.

    Raises:
        LineageError: if a model was not compiled, or its SQL can't be followed.
    """
    tables = {**manifest["nodes"], **manifest["sources"]}
    tables = {
        unique_id: node
        for unique_id, node in tables.items()
        if node["resource_type"] in ("model", "seed", "source")
    }
    # Sources are read as files on one engine, and their names don't stand in the compiled SQL.
    places = {node["relation_name"]: node for node in tables.values() if node["relation_name"]}
    names = {f"table_{number}": node for number, node in enumerate(places.values())}
    aliases = {node["unique_id"]: name for name, node in names.items()}
    schema = {
        name: {column: _type(described) for column, described in node["columns"].items()}
        | (OF_THE_LAKE if node["resource_type"] == "source" else {})
        for name, node in names.items()
    }
    edges: set[Edge] = set()
    for node in tables.values():
        if node["resource_type"] != "model":
            continue
        if node["language"] == "python":
            edges.update(_of_python(node, tables))
        else:
            sql = _with_aliases(node, places, aliases)
            edges.update(_of_sql(node, sql, schema, names))
    return sorted(edges)


def write_lineage(edges: Sequence[Edge], path: Path) -> None:
    """Write the edges as a Parquet file."""
    columns = {name: [getattr(edge, name) for edge in edges] for name in SCHEMA.names}
    with connect() as connection:
        connection.register("edges", pa.table(columns, schema=SCHEMA))
        write_parquet(connection, "select * from edges", path)


def read_manifest(path: Path) -> dict[str, Any]:
    """A manifest as dbt wrote it."""
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def _type(column: Mapping[str, Any]) -> str:
    return str(column["data_type"] or "varchar")


def _relation(node: Mapping[str, Any]) -> str:
    name = node["identifier"] if node["resource_type"] == "source" else node["alias"]
    return f"{node['schema'].removesuffix('_candidate')}.{name}"


def _of_python(node: Mapping[str, Any], tables: Mapping[str, Any]) -> Iterator[Edge]:
    for parent in node["depends_on"]["nodes"]:
        if parent in tables:
            for column in node["columns"]:
                yield Edge(_relation(node), column, _relation(tables[parent]), ALL_COLUMNS)


def _with_aliases(
    node: Mapping[str, Any], places: Mapping[str, Any], aliases: Mapping[str, str]
) -> str:
    """The compiled SQL, in which each table it reads has a plain name of one word."""
    sql = node["compiled_code"]
    if not sql:
        raise LineageError(f"{_relation(node)} was not compiled. Run: dbt docs generate")
    for place in sorted(places, key=len, reverse=True):
        sql = sql.replace(place, aliases[places[place]["unique_id"]])
    return str(sql)


def _of_sql(
    node: Mapping[str, Any],
    sql: str,
    schema: Mapping[str, Mapping[str, str]],
    names: Mapping[str, Any],
) -> Iterator[Edge]:
    relation = _relation(node)
    try:
        qualified = qualify(
            sqlglot.parse_one(sql, dialect="duckdb"),
            dialect="duckdb",
            schema={name: dict(columns) for name, columns in schema.items()},
            validate_qualify_columns=False,
            identify=False,
        )
        scope = build_scope(qualified)
    except SqlglotError as error:
        raise LineageError(f"The SQL of {relation} can't be read: {error}") from error
    if scope is None:
        raise LineageError(f"The SQL of {relation} is no query.")
    try:
        roots = lineage(
            None, qualified, {}, scope=scope, dialect="duckdb", trim_selects=False, copy=False
        )
    except (SqlglotError, ValueError) as error:
        raise LineageError(f"The SQL of {relation} can't be followed: {error}") from error
    for column in node["columns"]:
        if column not in roots:
            raise LineageError(f"{relation}.{column} is declared, but not in the SQL.")
        for upstream, name in _leaves(roots[column]):
            if upstream in names:
                yield Edge(relation, column, _relation(names[upstream]), name)


def _leaves(root: Node) -> Iterator[tuple[str, str]]:
    """Table and column of every end of the way."""
    pending: list[Node] = [root]
    seen: set[int] = set()
    while pending:
        found = pending.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        pending.extend(found.downstream)
        if not found.downstream and isinstance(found.expression, exp.Table):
            yield found.expression.name, found.name.rpartition(".")[2].strip('"')
