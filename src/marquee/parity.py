"""Are the tables of two engines equal? Every model and seed, by a canonical hash.

Two builds of one lake have to give the same rows, to the last digit. A table's hash is taken from
its rows as exact text, sorted, so that it does not depend on the engine, the number of threads or
the order of rows. Columns tagged ``lineage`` (clock times, durations, ids of runs) stay out of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from marquee.contract import DATA_TYPE
from marquee.engine import connect, one_row, quoted

LINEAGE = "lineage"
MAY_BE_EMPTY = "may_be_empty"
"""Key of a model's ``config.meta``: why it is right that there may be no rows."""
SAMPLE_ROWS = 3


class Engine(Protocol):
    """What is asked of an engine; names are schema and table."""

    def columns(self, schema: str, table: str) -> dict[str, str]:
        """Names and types in the contract's spelling; empty if there is no such relation."""

    def read(self, schema: str, table: str) -> pa.Table:
        """All rows."""


class DuckDBEngine:
    """A warehouse file, opened for reading."""

    def __init__(self, warehouse: Path) -> None:
        self._connection = connect()
        self._connection.execute(f"attach {quoted(str(warehouse))} as warehouse (read_only)")

    def columns(self, schema: str, table: str) -> dict[str, str]:
        """Names and types in the contract's spelling; empty if there is no such relation."""
        rows = self._connection.execute(
            "select column_name, data_type from duckdb_columns() where database_name = 'warehouse' "
            f"and schema_name = {quoted(schema)} and table_name = {quoted(table)} "
            "order by column_index"
        ).fetchall()
        return {name: _contract_type(data_type) for name, data_type in rows}

    def read(self, schema: str, table: str) -> pa.Table:
        """All rows."""
        return self._connection.sql(f"from warehouse.{schema}.{table}").to_arrow_table()

    def close(self) -> None:
        """Let others open the file."""
        self._connection.close()


@dataclass(frozen=True)
class Model:
    """A model or seed, and where the two engines keep it."""

    unique_id: str
    left: tuple[str, str]
    right: tuple[str, str]
    lineage: frozenset[str]
    may_be_empty: bool


@dataclass(frozen=True)
class Comparison:
    """What was found for one model; equal if there are no differences."""

    unique_id: str
    row_count: int
    digest: str
    differences: tuple[str, ...]


def models(left_manifest: Path, right_manifest: Path) -> list[Model]:
    """The models and seeds of two manifests of one project.

    A node that only one of them has gets an empty place on the other side.
    """
    left, right = (_nodes(path) for path in (left_manifest, right_manifest))
    found = []
    for unique_id in sorted({*left, *right}):
        node = left.get(unique_id) or right[unique_id]
        found.append(
            Model(
                unique_id,
                _place(left.get(unique_id)),
                _place(right.get(unique_id)),
                frozenset(
                    name
                    for name, column in node["columns"].items()
                    if LINEAGE in column["config"]["tags"]
                ),
                bool(node["config"]["meta"].get(MAY_BE_EMPTY)),
            )
        )
    return found


def compare(model: Model, left: Engine, right: Engine) -> Comparison:
    """Compare one model: names, types, rows."""
    types = [engine.columns(*place) for engine, place in ((left, model.left), (right, model.right))]
    missing = [
        f"it is missing in {'.'.join(place) or 'the manifest'} of the {side} engine"
        for side, place, found in zip(
            ("first", "second"), (model.left, model.right), types, strict=True
        )
        if not found
    ]
    if missing:
        return Comparison(model.unique_id, 0, "", tuple(missing))
    differences = _type_differences(*types)
    columns = [name for name in types[0] if name not in model.lineage and name in types[1]]
    if not columns:  # it tells of the runs themselves
        return Comparison(model.unique_id, 0, "", tuple(differences))
    with connect() as connection:
        connection.register("left_rows", left.read(*model.left))
        connection.register("right_rows", right.read(*model.right))
        for side in ("left", "right"):
            connection.execute(f"create table {side}_texts as {_texts(f'{side}_rows', columns)}")
        counts, digests = zip(
            *(
                one_row(
                    connection,
                    "select count(*), md5(coalesce(string_agg(md5(text), '' order by md5(text)), ''"
                    f")) from {side}_texts",
                )
                for side in ("left", "right")
            ),
            strict=True,
        )
        if digests[0] != digests[1]:
            differences += _row_differences(connection, counts)
    if not any(counts) and not model.may_be_empty:
        differences.append(
            f"there are no rows on both sides: nothing was compared. Give the test data that fills "
            f"it, or say in config.meta.{MAY_BE_EMPTY} why that is right"
        )
    return Comparison(model.unique_id, counts[0], digests[0], tuple(differences))


def _nodes(manifest: Path) -> dict[str, Any]:
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    kinds = ("model", "seed")
    return {key: node for key, node in nodes.items() if node["resource_type"] in kinds}


def _place(node: dict[str, Any] | None) -> tuple[str, str]:
    return (node["schema"], node["alias"]) if node else ("", "")


def _contract_type(data_type: str) -> str:
    name = data_type.lower()
    return "timestamp(6)" if name == "timestamp" else name


def _type_differences(left: dict[str, str], right: dict[str, str]) -> list[str]:
    found = []
    if list(left) != list(right):
        found.append(f"the columns are {list(left)} and {list(right)}")
    for name in left:
        types = {left[name], right.get(name, left[name])}
        if len(types) > 1:
            found.append(f"{name} is {left[name]} and {right[name]}")
        for data_type in sorted(types):
            if not DATA_TYPE.fullmatch(data_type):
                found.append(f"{name} has the type {data_type}, which engines don't share")
    return found


def _texts(relation: str, columns: list[str]) -> str:
    """One exact text a row: a list of texts, in which null differs from an empty text."""
    values = ", ".join(f'cast("{name}" as varchar)' for name in columns)
    return f"select cast(to_json([{values}]) as varchar) as text from {relation}"


def _row_differences(connection: duckdb.DuckDBPyConnection, counts: tuple[int, ...]) -> list[str]:
    found = [f"there are {counts[0]:,} and {counts[1]:,} rows"] if counts[0] != counts[1] else []
    for one, other, side in (
        ("left_texts", "right_texts", "first"),
        ("right_texts", "left_texts", "second"),
    ):
        (number,) = one_row(
            connection, f"select count(*) from (from {one} except all from {other})"
        )
        rows = connection.execute(
            f"from (from {one} except all from {other}) order by text limit {SAMPLE_ROWS}"
        ).fetchall()
        if rows:
            found.append(
                f"{number:,} rows are in the {side} engine only, such as "
                + "; ".join(text for (text,) in rows)
            )
    return found
