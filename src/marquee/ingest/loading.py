"""Landing to lake: type each file's rows, keep the bad ones apart, account for all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import duckdb

from marquee.contract import Table
from marquee.ingest import csv_files, json_lines, parquet_files
from marquee.ingest.casting import TEXT, quoted, typed_rows
from marquee.ingest.lake import (
    FILE_KEY,
    MANIFEST,
    NO_MONTH,
    QUARANTINE,
    ROW_NUMBER,
    Lake,
    publish_file,
    write_parquet,
)
from marquee.ingest.landing import FileRejectedError, Format, LandedFile, landed_files
from marquee.ingest.lines import lines_of


@dataclass(frozen=True)
class LoadedFile:
    """What became of one landed file."""

    file: LandedFile
    load_id: int
    landed_row_count: int
    loaded_row_count: int
    quarantined_row_count: int


@dataclass
class IngestReport:
    """What one run of ingestion did."""

    loaded: list[LoadedFile] = field(default_factory=list)
    known: list[LandedFile] = field(default_factory=list)
    """Files whose content is in the lake already, under this or another name."""
    rejected: list[FileRejectedError] = field(default_factory=list)


OnFile = Callable[[LoadedFile | FileRejectedError], None]
"""Told of each file as it is done."""


def connect() -> duckdb.DuckDBPyConnection:
    """An engine in memory, with UTC as its only time zone."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    return connection


def ingest(landing: Path, lake: Lake, on_file: OnFile) -> IngestReport:
    """Load every landed file that is not in the lake yet. The caller holds the lock.

    Args:
        landing: the root of the landed files.
        lake: an initialised lake.
        on_file: told of each file as it is done.
    """
    report = IngestReport()
    lake.clear_workspaces()
    with connect() as connection:
        known = lake.known_file_keys(connection)
        load_id = lake.load_id(connection)
        for item in landed_files(landing, lake.contract):
            try:
                if isinstance(item, FileRejectedError):
                    raise item
                content_sha256 = item.content_sha256()
                if item.file_key(content_sha256) in known:
                    report.known.append(item)
                    continue
                with lake.workspace() as folder:
                    loaded = _FileLoad(
                        connection, lake, item, content_sha256, load_id + 1, folder
                    ).run()
            except FileRejectedError as error:
                report.rejected.append(error)
                on_file(error)
                continue
            load_id = loaded.load_id
            known.add(loaded.file.file_key(content_sha256))
            report.loaded.append(loaded)
            on_file(loaded)
    return report


class _FileLoad:
    """The steps of one file, in order: read, type, divide, place, commit."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        lake: Lake,
        file: LandedFile,
        content_sha256: str,
        load_id: int,
        folder: Path,
    ) -> None:
        self.connection = connection
        self.lake = lake
        self.file = file
        self.table = file.table
        self.content_sha256 = content_sha256
        self.file_key = file.file_key(content_sha256)
        self.load_id = load_id
        self.folder = folder
        self.unknown_columns: list[str] = []
        self.path = file.path

    def run(self) -> LoadedFile:
        self.path = self.file.plain_copy(self.folder)
        types = self._raw_types()
        if not self._read_clean(types):
            self._read_precisely(types)
        return self._commit()

    # Reading: both ways leave the temporary table "typed" with _row_number, _reason, the typed
    # columns and lists; the precise one also with line_number and raw_text.

    def _raw_types(self) -> dict[str, str]:
        match self.file.format:
            case Format.JSON_LINES:
                return json_lines.raw_types(self.table)
            case Format.CSV:
                types = dict.fromkeys(csv_files.header(self.path), TEXT)
                if not types:
                    raise FileRejectedError(
                        self.file.name, "the file is empty. Write at least the header line."
                    )
            case Format.PARQUET:
                types = parquet_files.raw_types(self.connection, self.path, self.file.name)
        self.unknown_columns = sorted(set(types) - set(self.table.landed_names))
        missing = [c.name for c in self.table.columns if c.is_required and c.name not in types]
        if missing:
            raise FileRejectedError(
                self.file.name,
                f"required columns are missing: {', '.join(missing)} (it has "
                f"{', '.join(types)}). Export them, or correct the names in the header.",
            )
        return types

    def _read_clean(self, types: dict[str, str]) -> bool:
        """Read at full speed; False if anything in the file is not as it should be."""
        match self.file.format:
            case Format.JSON_LINES:
                raw = json_lines.relation(self.path, types)
            case Format.CSV:
                raw = csv_files.relation(self.path, list(types))
            case Format.PARQUET:
                raw = parquet_files.relation(self.path, types)
        try:
            self._make_typed(f"select *, rowid + 1 as {ROW_NUMBER} from clean", raw, types, "clean")
        except duckdb.Error:
            # The precise reader finds out which line it was.
            return False
        row = self.connection.execute("select count(_reason) from typed").fetchone()
        return row is not None and row[0] == 0

    def _read_precisely(self, types: dict[str, str]) -> None:
        if self.file.format is Format.PARQUET:
            raw = parquet_files.records(self.path, types)
        else:
            self.connection.register("landed_lines", lines_of(self.path))
            if self.file.format is Format.JSON_LINES:
                raw = json_lines.records(self.table, "landed_lines")
            else:
                raw = csv_files.records(list(types), "landed_lines")
        self._make_typed(
            f"select * exclude (row_number, _broken, _reason), row_number as {ROW_NUMBER}, "
            "coalesce(_broken, _reason) as _reason from precise",
            f"({raw})",
            types,
            "precise",
        )

    def _make_typed(self, query: str, raw: str, types: dict[str, str], name: str) -> None:
        typed = typed_rows(self.table, raw, types)
        self.connection.execute(f"create or replace temp table {name} as {typed}")
        self.connection.execute(f"create or replace temp view typed as {query}")

    # Writing: rows, child rows and quarantine first, the manifest row last; that is the commit.

    def _commit(self) -> LoadedFile:
        landed, bad, first, last = self._summary()
        month = self._month(last)
        self._place(self.table, month, self._rows_query())
        for item in self.table.lists:
            self._place(item.child, month, self._child_query(item.name, item.child))
        if bad:
            self._publish(self._quarantine_query(), QUARANTINE)
        self._publish(self._manifest_query(landed, bad, first, last, month), MANIFEST)
        return LoadedFile(self.file, self.load_id, landed, landed - bad, bad)

    def _summary(self) -> tuple[int, int, dt.datetime | None, dt.datetime | None]:
        time = self.table.time_column
        times = f"min({time}) filter (_reason is null), max({time}) filter (_reason is null)"
        row = self.connection.execute(
            f"select count(*), count(_reason), {times if time else 'null, null'} from typed"
        ).fetchone()
        assert row is not None  # noqa: S101 - an aggregate without groups has one row
        return row

    def _month(self, last: dt.datetime | None) -> str:
        day = self.file.extract_date or last
        return f"batch_month={day:%Y-%m}" if day else NO_MONTH

    def _rows_query(self) -> str:
        names = ", ".join(column.name for column in self.table.columns)
        order = ", ".join(
            [*([self.table.time_column] if self.table.time_column else []), ROW_NUMBER]
        )
        return (
            f"select {names}, {quoted(self.file_key)} as {FILE_KEY}, {ROW_NUMBER} from typed "
            f"where _reason is null order by {order}"
        )

    def _child_query(self, list_name: str, child: Table) -> str:
        *keys, position, value = (column.name for column in child.columns)
        return (
            f"select {', '.join(keys)}, cast({position} as integer) as {position}, {value}, "
            f"{quoted(self.file_key)} as {FILE_KEY}, {ROW_NUMBER} from ("
            f"select {', '.join(keys)}, {ROW_NUMBER}, unnest({list_name}) as {value}, "
            f"generate_subscripts({list_name}, 1) as {position} "
            f"from typed where _reason is null) order by {ROW_NUMBER}, {position}"
        )

    def _quarantine_query(self) -> str:
        return f"""
            select {quoted(self.file_key)} as file_key, {quoted(self.table.source)} as source_name,
                {quoted(self.table.name)} as table_name, {quoted(self.file.name)} as file_name,
                {ROW_NUMBER} as row_number, line_number, raw_text, _reason as reason,
                {self.load_id}::bigint as load_id
            from typed where _reason is not null order by {ROW_NUMBER}
        """

    def _manifest_query(
        self,
        landed: int,
        bad: int,
        first: dt.datetime | None,
        last: dt.datetime | None,
        month: str,
    ) -> str:
        def literal(value: object, sql_type: str) -> str:
            text = "null" if value is None else quoted(str(value))
            return f"cast({text} as {sql_type})"

        values: dict[str, object] = {
            "file_key": self.file_key,
            "source_name": self.table.source,
            "table_name": self.table.name,
            "file_name": self.file.name,
            "file_format": str(self.file.format),
            "is_compressed": self.file.is_compressed,
            "content_sha256": self.content_sha256,
            "lake_path": self.lake.file_path(self.table, month, self.file_key)
            .relative_to(self.lake.root)
            .as_posix(),
            "unknown_columns": ", ".join(self.unknown_columns) or None,
            "byte_count": self.file.path.stat().st_size,
            "landed_row_count": landed,
            "loaded_row_count": landed - bad,
            "quarantined_row_count": bad,
            "load_id": self.load_id,
            "extract_date": self.file.extract_date,
            "first_event_at": first,
            "last_event_at": last,
            "ingested_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
            "ingested_by": f"marquee {version('marquee')}",
        }
        manifest = self.lake.contract.table(*MANIFEST)
        return "select " + ", ".join(
            f"{literal(values[column.name], column.duckdb_type)} as {column.name}"
            for column in manifest.columns
        )

    def _place(self, table: Table, month: str, query: str) -> None:
        self.lake.remove_leftovers(table, self.file_key)
        part = self.folder / "rows.parquet"
        write_parquet(self.connection, query, part)
        publish_file(part, self.lake.file_path(table, month, self.file_key))

    def _publish(self, query: str, ledger: tuple[str, str]) -> None:
        part = self.folder / "ledger.parquet"
        write_parquet(self.connection, query, part)
        publish_file(part, self.lake.ledger_path(ledger, self.file_key))
