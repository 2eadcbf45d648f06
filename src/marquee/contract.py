"""What a source table looks like, read from the dbt sources YAML.

The YAML files ``models/staging/<source>/_<source>__sources.yml`` are the only place where columns,
types, keys, valid values and sensitivity are written. Ingestion, tests and documentation read them
through this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

IDENTIFIER = re.compile(r"(?!rowid$)[a-z][a-z0-9_]*")
DATA_TYPE = re.compile(
    r"boolean|integer|bigint|varchar|date|timestamp\(6\)|decimal\(([0-9]+),\s*([0-9]+)\)"
)
MAXIMUM_DECIMAL_PRECISION = 38


class ContractError(ValueError):
    """The sources YAML says something that can't be honoured; the message names file and column."""


class Load(StrEnum):
    """How a file relates to the files before it."""

    APPEND = "append"
    """Each file holds new rows."""
    SNAPSHOT = "snapshot"
    """Each extract is the whole state on its date."""
    INTERNAL = "internal"
    """Written by marquee itself, never landed."""


class Sensitivity(StrEnum):
    """Who may see a column.

    Direct identifiers (names, addresses) have no value here on purpose: they must not enter the
    warehouse.
    """

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"


@dataclass(frozen=True)
class Column:
    """One column of a source table."""

    name: str
    data_type: str
    """``boolean``, ``integer``, ``bigint``, ``decimal(p,s)``, ``varchar``, ``date`` or
    ``timestamp(6)``."""
    sensitivity: Sensitivity
    description: str
    is_nullable: bool = True
    """False: a row without a value is quarantined."""
    is_required: bool = True
    """False: a file may lack the column; its values are then NULL."""
    valid_values: tuple[str, ...] = ()
    """If given, any other value is quarantined."""
    minimum: Decimal | None = None
    """Inclusive."""
    maximum: Decimal | None = None
    """Inclusive."""

    @property
    def duckdb_type(self) -> str:
        """The type's spelling in DuckDB."""
        return "timestamp" if self.data_type == "timestamp(6)" else self.data_type


@dataclass(frozen=True)
class ListColumn:
    """A nested list of a landed table; it becomes the rows of a child table."""

    name: str
    separator: str
    """Between the elements where the format has no lists (CSV)."""
    child: Table


@dataclass(frozen=True)
class Table:
    """One source table: what lands, and what stands in the lake."""

    source: str
    name: str
    load: Load
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time_column: str | None
    description: str
    without_it: str = ""
    """What suffers where nothing of this table ever lands, in one sentence."""
    lists: tuple[ListColumn, ...] = ()

    @property
    def full_name(self) -> str:
        """``source.table``."""
        return f"{self.source}.{self.name}"

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: if there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.full_name} has no column {name}")

    @property
    def landed_names(self) -> tuple[str, ...]:
        """What a landed file may contain: the columns, then the lists."""
        return (*(c.name for c in self.columns), *(item.name for item in self.lists))


@dataclass(frozen=True)
class Contract:
    """All source tables, by source and name."""

    tables: Mapping[tuple[str, str], Table]
    children: Mapping[tuple[str, str], Table]
    """Tables that come from a list column of another table; nothing lands for them."""

    def landed(self) -> Iterator[Table]:
        """Tables that files land for, in order of name."""
        for key in sorted(self.tables):
            if self.tables[key].load is not Load.INTERNAL:
                yield self.tables[key]

    def all(self) -> Iterator[Table]:
        """Every table of the lake, children and internal ones included, in order of name."""
        both = {**self.tables, **self.children}
        for key in sorted(both):
            yield both[key]

    def table(self, source: str, name: str) -> Table:
        """The table of that name, children and internal ones included.

        Raises:
            KeyError: if the contract doesn't know it.
        """
        table = self.tables.get((source, name)) or self.children.get((source, name))
        if table is None:
            raise KeyError(f"the contract has no table {source}.{name}")
        return table


def load_contract(project: Path) -> Contract:
    """Read every ``_<source>__sources.yml`` below ``models/``.

    Raises:
        ContractError: naming the file, the table and the column.
    """
    files = sorted((project / "models" / "staging").rglob("_*__sources.yml"))
    if not files:
        raise ContractError(f"No _<source>__sources.yml in {project}/models/staging.")
    tables: dict[tuple[str, str], Table] = {}
    children: list[tuple[str, Table, Mapping[str, Any]]] = []
    for file in files:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        for source in document.get("sources", []):
            for entry in source.get("tables", []):
                where = f"{file.name}: {source['name']}.{entry['name']}"
                meta = entry.get("config", {}).get("meta", {})
                table = _table(where, source["name"], entry, meta)
                if "child_of" in meta:
                    children.append((where, table, meta))
                else:
                    tables[table.source, table.name] = table
    for where, child, meta in children:
        parent = tables.get((child.source, meta["child_of"]))
        if parent is None:
            raise ContractError(f"{where}: child_of names an unknown table {meta['child_of']}.")
        tables[parent.source, parent.name] = _with_list(where, parent, child, meta)
    return Contract(
        tables=tables, children={(child.source, child.name): child for _, child, _ in children}
    )


def _with_list(where: str, parent: Table, child: Table, meta: Mapping[str, Any]) -> Table:
    names = tuple(column.name for column in child.columns)
    types = [column.data_type for column in child.columns[-2:]]
    if names[:-2] != parent.key or types != ["integer", "varchar"]:
        raise ContractError(
            f"{where}: a child table has the parent's key {list(parent.key)}, then an integer "
            f"position, then a varchar value; it has {list(names)}."
        )
    item = ListColumn(str(meta["list_column"]), str(meta.get("separator", "|")), child)
    return replace(parent, lists=(*parent.lists, item))


def _table(where: str, source: str, entry: Mapping[str, Any], meta: Mapping[str, Any]) -> Table:
    columns = tuple(_column(where, column) for column in entry.get("columns", []))
    names = [column.name for column in columns]
    if len(set(names)) != len(names):
        raise ContractError(f"{where}: a column is declared twice.")
    try:
        load = Load(meta.get("load", "append" if "child_of" in meta else ""))
    except ValueError:
        raise ContractError(
            f"{where}: config.meta.load must be one of {[str(x) for x in Load]}."
        ) from None
    key = tuple(meta.get("key", ()))
    time_column = meta.get("time_column")
    unknown = [
        name for name in (*key, *([time_column] if time_column else [])) if name not in names
    ]
    if unknown or not key:
        raise ContractError(f"{where}: config.meta.key or time_column names no column: {unknown}.")
    if "child_of" not in meta and load is not Load.INTERNAL and not meta.get("without_it"):
        raise ContractError(f"{where}: config.meta.without_it must say what its absence weakens.")
    if load is Load.APPEND and not time_column and "child_of" not in meta:
        raise ContractError(f"{where}: a table with load: append needs config.meta.time_column.")
    return Table(
        source=_identifier(where, source),
        name=_identifier(where, entry["name"]),
        load=load,
        columns=columns,
        key=key,
        time_column=time_column,
        description=_described(where, entry),
        without_it=str(meta.get("without_it", "")),
    )


def _column(where: str, entry: Mapping[str, Any]) -> Column:
    name = _identifier(where, entry["name"])
    where = f"{where}.{name}"
    meta = entry.get("config", {}).get("meta", {})
    data_type = str(entry.get("data_type", "")).replace(" ", "")
    match = DATA_TYPE.fullmatch(data_type)
    if not match:
        raise ContractError(
            f"{where}: data_type {data_type!r} is none of boolean, integer, bigint, decimal(p,s), "
            "varchar, date, timestamp(6)."
        )
    if match.group(1) and not (
        int(match.group(2)) <= int(match.group(1)) <= MAXIMUM_DECIMAL_PRECISION
    ):
        raise ContractError(f"{where}: {data_type} has no such precision and scale.")
    try:
        sensitivity = Sensitivity(meta.get("sensitivity", ""))
    except ValueError:
        raise ContractError(
            f"{where}: config.meta.sensitivity must be one of {[str(x) for x in Sensitivity]}. "
            "Direct identifiers must not be ingested: leave the column out."
        ) from None
    return Column(
        name=name,
        data_type=data_type,
        sensitivity=sensitivity,
        description=_described(where, entry),
        is_nullable=_flag(where, meta, "is_nullable"),
        is_required=_flag(where, meta, "is_required"),
        valid_values=tuple(str(value) for value in meta.get("valid_values", ())),
        minimum=_bound(where, meta, "minimum"),
        maximum=_bound(where, meta, "maximum"),
    )


def _identifier(where: str, name: object) -> str:
    if not isinstance(name, str) or not IDENTIFIER.fullmatch(name):
        raise ContractError(f"{where}: {name!r} is not a lower-case SQL name.")
    return name


def _described(where: str, entry: Mapping[str, Any]) -> str:
    description = str(entry.get("description") or "").strip()
    if not description:
        raise ContractError(f"{where}: the description is missing.")
    return description


def _flag(where: str, meta: Mapping[str, Any], name: str) -> bool:
    value = meta.get(name, True)
    if not isinstance(value, bool):
        raise ContractError(f"{where}: config.meta.{name} must be true or false, not {value!r}.")
    return value


def _bound(where: str, meta: Mapping[str, Any], name: str) -> Decimal | None:
    value = meta.get(name)
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ContractError(
            f"{where}: config.meta.{name} must be a number, not {value!r}."
        ) from None
