"""Columns of a table on the server: what lands of each, and what has become of them."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from marquee.engine import quoted
from marquee.extracts.configuration import ExtractError, TableExtract
from marquee.extracts.server import Snapshot, identifier

AS_THEY_ARE = {
    "boolean": "boolean",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "bigint",
    "real": "float",
    "double precision": "double",
}
"""Types whose every value DuckDB has too; all others travel as the server's own text, because the
extension makes floating point of a ``numeric``, and no format of files knows ``infinity``."""
NUMERIC = re.compile(r"numeric\(([0-9]+),([0-9]+)\)")
MAXIMUM_PRECISION = 38
JSON = frozenset({"json", "jsonb"})
LISTS = "varchar[]"
CURSOR = "_cursor"
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class SourceColumn:
    """A column on the server."""

    name: str
    number: int
    """Stays the same where a column is renamed."""
    data_type: str
    """In Postgres' words; of a domain the type that it restricts."""


@dataclass(frozen=True)
class TakenColumn:
    """A column of the source under its landed name."""

    name: str
    source: SourceColumn
    landed_type: str
    """In DuckDB's words. Where a value does not fit (NaN, infinity, a year before Christ) the
    column lands as text, so that ingestion can say what is wrong with that row."""

    @property
    def wire_type(self) -> str:
        """How it comes from the server."""
        return AS_THEY_ARE.get(self.source.data_type, "varchar")

    @property
    def expression(self) -> str:
        """What to ask the server for."""
        name = identifier(self.source.name)
        if self.source.data_type.endswith("[]"):
            return f"to_json({name})::text as {self.name}"
        kind = self.source.data_type if self.wire_type != "varchar" else "text"
        return f"{name}::{kind} as {self.name}"

    @property
    def value(self) -> str:
        """The landed value of what came; NULL where it does not fit."""
        if self.landed_type == LISTS:
            is_list = f"json_type(try_cast({self.name} as json)) = 'ARRAY'"
            return f"case when {is_list} then try_cast({self.name} as json)::varchar[] end"
        value = f"try_cast({self.name} as {self.landed_type})"
        if self.landed_type in ("date", "timestamp"):
            return f"case when isfinite({value}) then {value} end"
        return value

    @property
    def canonical(self) -> str:
        """What came, in one spelling: the server's and DuckDB's texts of a time differ."""
        if self.wire_type != "varchar" or self.landed_type in ("varchar", LISTS):
            return self.name
        return f"coalesce(cast({self.value} as varchar), {self.name}) as {self.name}"

    @property
    def landed_again(self) -> str:
        """A landed value as if it came from the server."""
        if self.landed_type == LISTS:
            return f"cast(to_json({self.name}) as varchar) as {self.name}"
        return f"cast({self.name} as {self.wire_type}) as {self.name}"


def source_columns(snapshot: Snapshot, table: TableExtract) -> tuple[SourceColumn, ...]:
    """The columns of a table, view or partitioned table, in the server's order.

    Raises:
        ExtractError: if the table is not there.
    """
    relation = quoted(qualified(table))
    rows = snapshot.rows(
        f"""
        select a.attname::text as column_name, a.attnum::integer as column_number,
            case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod)
                else format_type(a.atttypid, a.atttypmod) end as data_type
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_type as t on t.oid = a.atttypid
        where a.attrelid = to_regclass({relation}) and a.attnum > 0 and not a.attisdropped
        order by a.attnum
        """
    )
    if not rows:
        raise ExtractError(
            f"{table.name} is not there, or this user may not see it. Correct its name, or grant "
            "usage of the schema and select on the table."
        )
    return tuple(SourceColumn(str(name), int(str(no)), str(kind)) for name, no, kind in rows)


def qualified(table: TableExtract) -> str:
    """The table's name in the server's SQL."""
    return ".".join(identifier(part) for part in table.source)


def taken_columns(
    table: TableExtract, columns: Sequence[SourceColumn]
) -> tuple[tuple[TakenColumn, ...], tuple[str, ...]]:
    """What lands, in the contract's order, and which optional columns are not there.

    Raises:
        ExtractError: if a column that must land, or the cursor, is not there.
    """
    found = {column.name: column for column in columns}
    wanted = table.columns or {name: name for name in table.target.landed_names if name in found}
    absent = {landed: source for landed, source in wanted.items() if source not in found}
    required = {column.name for column in table.target.landed_columns if column.is_required}
    needed = sorted({*(required - set(wanted)), *(required & set(absent))})
    # Without its key nobody can tell which row is gone.
    needed += [name for name in table.target.key if name not in wanted and table.is_merged]
    has_cursor = table.cursor is None or table.cursor in found
    if needed or not has_cursor:
        missing = [absent.get(name, name) for name in needed]
        missing += [] if has_cursor else [str(table.cursor)]
        raise ExtractError(
            f"{table.name} has no column {', '.join(missing)}, which {table.target.full_name} "
            f"needs; it has {', '.join(found)}. Name under columns where it stands now."
        )
    taken = tuple(
        TakenColumn(name, found[wanted[name]], _landed_type(table, name, found[wanted[name]]))
        for name in table.target.landed_names
        if name in wanted and name not in absent
    )
    return taken, tuple(sorted(absent.values()))


def _landed_type(table: TableExtract, name: str, column: SourceColumn) -> str:
    kind = column.data_type
    if kind in AS_THEY_ARE:
        return AS_THEY_ARE[kind]
    if found := NUMERIC.fullmatch(kind):
        precision, scale = int(found[1]), int(found[2])
        fits = scale <= precision <= MAXIMUM_PRECISION
        return f"decimal({precision},{scale})" if fits else "varchar"
    if kind == "date":
        return kind
    if kind.startswith("timestamp"):
        return "timestamp"
    texts = {item.name for item in table.target.lists if not item.has_objects}
    is_json_list = kind in JSON and name in texts
    return LISTS if is_json_list or (kind.endswith("[]") and name in texts) else "varchar"


@dataclass(frozen=True)
class Cursor:
    """The column that rises, and how far it has been read."""

    column: SourceColumn
    overlap: int
    """In microseconds, or in numbers."""

    @property
    def is_time(self) -> bool:
        """True if it is a time, False if it is a number."""
        return self.column.data_type not in AS_THEY_ARE

    @property
    def expression(self) -> str:
        """What to ask the server for: a whole number, of microseconds where it is a time."""
        name = identifier(self.column.name)
        if not self.is_time:
            return f"{name}::bigint as {CURSOR}"
        micros = f"(extract(epoch from {name}) * {MICROSECONDS})::bigint"
        return f"case when isfinite({name}) then {micros} end as {CURSOR}"

    def condition(self, last: int) -> str:
        """Which rows may have changed since that value; without a value nobody knows."""
        name = identifier(self.column.name)
        lowest = last - self.overlap
        value = str(lowest)
        if self.is_time:
            seconds, micros = divmod(max(lowest, 0), MICROSECONDS)
            moment = f"to_timestamp({seconds}) + interval '{micros} microseconds'"
            is_zoned = self.column.data_type.endswith("with time zone")
            value = moment if is_zoned else f"(({moment}) at time zone 'UTC')"
        return f"({name} >= {value} or {name} is null)"


DEFAULT_OVERLAP = {True: 3600, False: 1000}
"""By whether the cursor is a time: an hour, or so many numbers."""


def cursor_of(table: TableExtract, columns: Sequence[SourceColumn]) -> Cursor | None:
    """The cursor of a table; None if it is read as a whole.

    Raises:
        ExtractError: if the column has a type that does not rise.
    """
    if table.cursor is None:
        return None
    [column] = [column for column in columns if column.name == table.cursor]
    is_time = column.data_type == "date" or column.data_type.startswith("timestamp")
    if not is_time and column.data_type not in ("smallint", "integer", "bigint"):
        raise ExtractError(
            f"{table.name}: the cursor {column.name} is of type {column.data_type}; only times and "
            "whole numbers rise. Take another column, or mode snapshot."
        )
    overlap = DEFAULT_OVERLAP[is_time] if table.overlap is None else table.overlap
    return Cursor(column, overlap * MICROSECONDS if is_time else overlap)


def schema_changes(
    before: Sequence[SourceColumn], now: Sequence[SourceColumn], taken: Container[str]
) -> list[str]:
    """What has become of the columns since the last time, in words.

    Args:
        before: the columns of the last extraction.
        now: those of this one.
        taken: names of columns that land.
    """
    old = {column.name: column for column in before}
    new = {column.name: column for column in now}
    gone = {c.number: c for c in before if c.name not in new}
    told = []
    for column in now:
        if column.name in old:
            if (kind := old[column.name].data_type) != column.data_type:
                told.append(f"{column.name} was {kind}, is {column.data_type} now")
        elif column.number in gone:
            told.append(f"{gone.pop(column.number).name} is named {column.name} now")
        else:
            note = "" if column.name in taken else ", and does not land"
            told.append(f"{column.name} ({column.data_type}) is new{note}")
    return [*told, *(f"{column.name} is gone" for column in gone.values())]
