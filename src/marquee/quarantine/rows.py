"""What is in quarantine: counted by kind of reason, or row by row with its text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb

from marquee.contract import Contract, Table
from marquee.engine import quoted
from marquee.ingest.lake import Lake
from marquee.ingest.repaired import all_rows

BATCH_ROWS = 10_000

# What is quoted of a record differs from row to row; a value ends where the words go on.
FOLDED = r"""regexp_replace(
    regexp_replace(
        regexp_replace(reason, ': ''.*?'' is ', ': ''...'' is ', 'gs'),
        'received_at ''[^'']*''', 'received_at ''...''', 'g'
    ),
    '\[[0-9]+\]', '[...]', 'g'
)"""
"""A reason without the values in it, so that reasons of one kind are equal."""


class SelectionError(ValueError):
    """Rows are selected by what there is not; the message names what there is."""


@dataclass(frozen=True)
class Selection:
    """Which rows of the quarantine are meant; what is None, or empty, does not matter."""

    table: str | None = None
    """``source.table``."""
    file: str | None = None
    """Key or name of a landed file; a name may lack the folders in front."""
    reason: str | None = None
    """A part of the reason."""
    row: int | None = None
    """Number of the record in its file."""
    is_open: bool = True
    """False for those that were replayed, dropped or refused as well."""

    def condition(self, contract: Contract) -> str:
        """As SQL over the quarantine.

        Raises:
            SelectionError: if there is no such table.
        """
        terms = ["true"]
        names = {table.full_name for table in contract.landed()}
        if self.table is not None and self.table not in names:
            raise SelectionError(
                f"There is no source table {self.table}. Name one of: {', '.join(sorted(names))}."
            )
        if self.table is not None:
            terms.append(f"concat(source_name, '.', table_name) = {quoted(self.table)}")
        if self.file is not None:
            name = quoted(self.file)
            terms.append(
                f"(file_key = {name} or file_name = {name} "
                f"or ends_with(file_name, concat('/', {name})))"
            )
        if self.reason is not None:
            terms.append(f"contains(reason, {quoted(self.reason)})")
        if self.row is not None:
            terms.append(f"row_number = {self.row}")
        if self.is_open:
            terms.append("is_open")
        return " and ".join(terms)


@dataclass(frozen=True)
class Kind:
    """Rows of one table that are in quarantine for the same kind of reason."""

    table: str
    """``source.table``."""
    reason: str
    """With ``...`` for each value."""
    row_count: int
    open_count: int
    file_count: int
    newest_file: str


@dataclass(frozen=True)
class QuarantinedRow:
    """One record in quarantine, with its text."""

    file_key: str
    row_number: int
    table: Table
    file_name: str
    line_number: int | None
    reason: str
    raw_text: str = field(repr=False)
    """Confidential: it may hold anything."""
    is_open: bool
    replayed_by: str | None
    """Key of the repaired file with the record that stands for this one."""
    file_format: str
    column_names: tuple[str, ...]
    """Header of the file, none for formats whose records name their fields."""
    extract_date: dt.date | None


def kinds(connection: duckdb.DuckDBPyConnection, lake: Lake, selection: Selection) -> list[Kind]:
    """The rows counted by table and kind of reason, those of the newest file first."""
    rows = connection.execute(
        f"""
        select
            concat(source_name, '.', table_name), {FOLDED} as kind, count(*),
            count(*) filter (where is_open), count(distinct file_key),
            max_by(file_name, (load_id, file_name))
        from {all_rows(lake)}
        where {selection.condition(lake.contract)}
        group by 1, 2
        order by max(load_id) desc, 1, 3 desc, 2
        """
    ).fetchall()
    return [Kind(*row) for row in rows]


def quarantined_rows(
    connection: duckdb.DuckDBPyConnection, lake: Lake, selection: Selection
) -> Iterator[QuarantinedRow]:
    """The rows with their texts, in the order in which their files were loaded.

    Reads the vault: only its owner can.
    """
    condition = selection.condition(lake.contract)
    connection.execute(
        f"""
        select
            rows.file_key, rows.row_number, rows.source_name, rows.table_name, rows.file_name,
            rows.line_number, rows.reason, coalesce(texts.raw_text, ''), rows.is_open,
            rows.replayed_by, manifest.file_format, manifest.column_names, manifest.extract_date
        from (select * from {all_rows(lake)} where {condition}) as rows
        inner join {lake.manifest()} as manifest on rows.file_key = manifest.file_key
        left join {lake.quarantined_texts()} as texts
            on rows.file_key = texts.file_key and rows.row_number = texts.row_number
        order by rows.load_id, rows.row_number
        """
    )
    while batch := connection.fetchmany(BATCH_ROWS):
        for row in batch:
            yield _row(lake, row)


def _row(lake: Lake, row: tuple[Any, ...]) -> QuarantinedRow:
    key, number, source, table, name, line, reason, text, is_open, by, kind, columns, day = row
    return QuarantinedRow(
        file_key=key,
        row_number=number,
        table=lake.contract.table(source, table),
        file_name=name,
        line_number=line,
        reason=reason,
        raw_text=text,
        is_open=is_open,
        replayed_by=by,
        file_format=kind,
        column_names=tuple(columns.split(",")) if columns else (),
        extract_date=day,
    )
