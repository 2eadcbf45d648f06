"""From which columns a column is made, read from the SQL that was run.

The SQL is that of ``audit.relation_definitions``: hooks of the build write there what they ran,
with the names of all columns in order. So ``select *`` is resolved without an engine, and what is
told is true of the warehouse that tells it. One computation serves the published table
``catalog.column_lineage`` and the pages of ``marquee docs``.

Only tables that dbt knows as parents count. An incremental model reads itself too, and rows of
tables that come after it; without these each run tells the same, and no way leads in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from typing import Any

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from marquee.log import LOG

RELATION = "catalog.column_lineage"
"""The published table."""
DEFINITIONS = "audit.relation_definitions"
ALL_COLUMNS = "*"
OF_THE_LAKE = ("_file_key", "_row_number")
"""Columns of the lake's files that the contract does not list."""

Query = Callable[[str], list[tuple[Any, ...]]]
"""Runs a statement on the engine that built, and returns its rows."""


class Kind(StrEnum):
    """How a column depends on what it is made from."""

    COLUMN = "column"
    """Its value is computed from this column, or ordered or grouped by it in a window."""
    ROWS = "rows"
    """It counts rows of the table, whatever stands in them, or numbers them."""
    PYTHON = "python"
    """A Python model reads the table; what it does with which column no SQL tells."""
    UNREAD = "unread"
    """The model reads the table, but its SQL could not be followed."""


@dataclass(frozen=True)
class Definition:
    """A model, seed or source as it was when it was built."""

    node_id: str
    relation_name: str
    """``schema.table``, as people read it."""
    relation_kind: str
    """``model``, ``seed`` or ``source``."""
    place: str
    """The table as it stands in compiled SQL."""
    columns: tuple[str, ...]
    parents: frozenset[str]
    """Ids of the nodes that it refers to."""
    sql: str | None
    """What was run; None for what is no SQL model."""
    is_python: bool = False


@dataclass(frozen=True, order=True)
class Edge:
    """A column, and one that it is made from."""

    relation_name: str
    column_name: str
    upstream_relation_name: str
    upstream_column_name: str
    """``*`` unless the kind is ``column``."""
    lineage_kind: Kind = Kind.COLUMN


SCHEMA = pa.schema([pa.field(field.name, pa.string(), nullable=False) for field in fields(Edge)])


def read_definitions(query: Query, catalog: str) -> list[Definition]:
    """What the newest run of each relation was made of, in order of the ids.

    Args:
        query: asks the engine that built.
        catalog: where the schema ``audit`` stands there.
    """
    rows = query(
        "select node_id, relation_name, relation_kind, sql_name, column_names, parent_node_ids, "
        f"compiled_sql, is_python from {catalog}.{DEFINITIONS} order by node_id"
    )
    return [
        Definition(
            *(node_id, relation, kind, place),
            tuple(filter(None, columns.split(","))),
            frozenset(parents.split(",")),
            *(sql, is_python),
        )
        for node_id, relation, kind, place, columns, parents, sql, is_python in rows
    ]


def built_lineage(query: Query, catalog: str, dialect: str) -> list[Edge]:
    """The direct edges of all models as they were built; see the two functions that it calls."""
    return column_lineage(read_definitions(query, catalog), dialect)


def column_lineage(definitions: Sequence[Definition], dialect: str) -> list[Edge]:
    """The direct edges of all models, in order.

    A column that is constant has none. Where SQL can't be followed the log says so, and each column
    is said to come from every table that the model reads: a catalogue that lacks a detail is
    better than a build that is not published for it.

    Args:
        definitions: models with all tables that they refer to.
        dialect: of the SQL, by its name in sqlglot.
    """
    # Sources are read as files on one engine, and their names don't stand in the compiled SQL.
    names = {f"table_{number}": found for number, found in enumerate(definitions)}
    aliases = {found.place: name for name, found in names.items()}
    places = sorted(aliases, key=len, reverse=True)
    schema = {
        name: dict.fromkeys(
            (*found.columns, *(OF_THE_LAKE if found.relation_kind == "source" else ())), "varchar"
        )
        for name, found in names.items()
    }
    by_id = {found.node_id: found for found in definitions}
    edges: set[Edge] = set()
    for model in definitions:
        parents = [by_id[parent] for parent in sorted(model.parents) if parent in by_id]
        if model.is_python:
            edges.update(_of_tables(model, model.columns, parents, Kind.PYTHON))
        elif model.sql is not None:
            sql = model.sql
            for place in places:
                sql = sql.replace(place, aliases[place])
            readable = {
                name: found for name, found in names.items() if found.node_id in model.parents
            }
            unread = list(model.columns)
            try:
                for column, found in _of_sql(model, sql, schema, readable, dialect):
                    edges.update(found)
                    unread.remove(column)
            except (SqlglotError, ValueError, RecursionError) as error:
                LOG.warning("the SQL of %s can't be followed: %s", model.relation_name, error)
            if unread:
                LOG.warning("no lineage of %s: %s", model.relation_name, ", ".join(unread))
            edges.update(_of_tables(model, unread, parents, Kind.UNREAD))
    return sorted(edges)


def as_table(edges: Sequence[Edge]) -> pa.Table:
    """The edges as rows, in their order."""
    columns = zip(*map(astuple, edges), strict=True) if edges else [()] * len(SCHEMA)
    return pa.table([list(map(str, column)) for column in columns], schema=SCHEMA)


def _of_tables(
    model: Definition, columns: Sequence[str], upstream: Sequence[Definition], kind: Kind
) -> Iterator[Edge]:
    for column in columns:
        for found in upstream:
            yield Edge(model.relation_name, column, found.relation_name, ALL_COLUMNS, kind)


def _of_sql(
    model: Definition,
    sql: str,
    schema: Mapping[str, Mapping[str, str]],
    readable: Mapping[str, Definition],
    dialect: str,
) -> Iterator[tuple[str, set[Edge]]]:
    """Each column that can be followed, with its edges."""
    qualified = qualify(
        sqlglot.parse_one(sql, dialect=dialect),
        dialect=dialect,
        schema={name: dict(columns) for name, columns in schema.items()},
        validate_qualify_columns=False,
        identify=False,
    )
    scope = build_scope(qualified)
    if scope is None:
        raise ValueError("it is no query")
    roots = lineage(
        None, qualified, {}, scope=scope, dialect=dialect, trim_selects=False, copy=False
    )
    scopes = {id(found.expression): found for found in scope.traverse()}
    for column in model.columns:
        if column not in roots:
            continue
        edges = set()
        for leaf in _leaves(roots[column]):
            if isinstance(leaf.expression, exp.Table):
                upstream, kind = {leaf.expression.name}, Kind.COLUMN
                name = leaf.name.rpartition(".")[2].strip('"')
            elif _counts_rows(leaf):
                upstream, kind = _tables(scopes.get(id(leaf.source))), Kind.ROWS
                name = ALL_COLUMNS
            else:
                continue
            for table in upstream & readable.keys():
                above = readable[table].relation_name
                edges.add(Edge(model.relation_name, column, above, name, kind))
        yield column, edges


def _leaves(root: Node) -> Iterator[Node]:
    """Every end of the way."""
    pending: list[Node] = [root]
    seen: set[int] = set()
    while pending:
        found = pending.pop()
        if id(found) not in seen:
            seen.add(id(found))
            pending.extend(found.downstream)
            if not found.downstream:
                yield found


def _counts_rows(leaf: Node) -> bool:
    """No column is named, yet the value depends on which rows there are."""
    return leaf.expression.find(exp.AggFunc, exp.RowNumber) is not None


def _tables(scope: Scope | None) -> set[str]:
    """The tables whose rows a query counts: those that it selects from, not those it joins."""
    pending = [scope]
    found = set()
    while pending:
        reading = pending.pop()
        if reading is None:
            continue
        pending.extend(reading.set_operation_scopes)
        # A set operation selects from nothing itself.
        selected = reading.expression.find(exp.From) if not reading.set_operation_scopes else None
        source = reading.sources.get(selected.this.alias_or_name) if selected else None
        if isinstance(source, exp.Table):
            found.add(source.name)
        else:
            pending.append(source)
    return found
