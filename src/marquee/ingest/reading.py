"""One landed file to typed rows and faulty records.

Every file is tried at full speed: DuckDB's reader with explicit columns, typed by SQL. Where it
stops at a malformed record, the file is taken apart from its raw lines, and what is sound goes
through the same reader. Where a value does not fit its type, the raw lines show what landed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from marquee.engine import one_row
from marquee.ingest import csv_files, json_lines, parquet_files
from marquee.ingest.casting import (
    JSON,
    TEXT,
    field_names,
    free_texts,
    nested_texts,
    typed_rows,
)
from marquee.ingest.landing import FileRejectedError, Format, LandedFile
from marquee.ingest.lines import Lines

ROW_NUMBER = "_row_number"
GOOD = "good_rows"
FAULTY = "faulty_records"
NO_FAULT = (
    "select null::bigint as row_number, null::bigint as line_number, "
    "null::varchar as raw_text, null::varchar as reason limit 0"
)


@dataclass(frozen=True)
class FileColumns:
    """The columns of a landed file."""

    names: tuple[str, ...] | None
    """In the file's own order; None for JSON lines, where each record has its own."""
    known: frozenset[str]
    """Those of the contract; for JSON lines those that any record has."""
    unknown: tuple[str, ...]
    """Those that the contract doesn't know, in order of name; fields of the objects in a list as
    ``list[].field``."""
    missing: tuple[str, ...]
    """What the contract knows and the file lacks, in the contract's order; none for a file of JSON
    lines without records."""


def read_file(
    connection: duckdb.DuckDBPyConnection, file: LandedFile, folder: Path, now: dt.datetime
) -> FileColumns:
    """Read a file into two temporary relations.

    ``good_rows`` has the contract's columns, its lists (see :func:`list_type`) and ``_row_number``.
    ``faulty_records`` has ``row_number``, ``line_number``, ``raw_text`` and ``reason``. Each record
    of the file is in one of them.

    Args:
        connection: an engine; relations of an earlier file are replaced.
        file: what landed.
        folder: for copies that are needed while reading; removed by the caller.
        now: when it is ingested, UTC.

    Returns:
        The file's columns.

    Raises:
        FileRejectedError: if nothing of the file can be used.
    """
    reader = _Reader(connection, file, file.plain_copy(folder), now)
    if reader.is_sound():
        reader.keep_all()
    elif file.format is Format.PARQUET:
        reader.divide_parquet()
    else:
        reader.divide_text(folder / "sound")
    return reader.columns()


class _Reader:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        file: LandedFile,
        path: Path,
        now: dt.datetime,
    ) -> None:
        self.connection = connection
        self.file = file
        self.path = path
        self.now = now
        self.read_path = path
        """What was read in the end: the file, or its sound records."""
        found = self._found_types()
        known = set(file.table.landed_names)
        self.names = list(found)
        self.types = {name: kind for name, kind in found.items() if name in known}
        self._require_columns(self.names)

    def columns(self) -> FileColumns:
        """The columns of the file that was read.

        Raises:
            FileRejectedError: if no record of a file of JSON lines has a column that must be there.
        """
        found, names = self.names, tuple(self.names)
        if self.file.format is Format.JSON_LINES:
            query = json_lines.keys_query(self.read_path)
            found = [name for (name,) in self.connection.execute(query).fetchall()]
            if one_row(self.connection, "select count(*) from typed") != (0,):
                self._require_columns(found)
        every = self.file.table.landed_names
        has_records = bool(found) or self.file.format is not Format.JSON_LINES
        return FileColumns(
            names=None if self.file.format is Format.JSON_LINES else names,
            known=frozenset(found) & frozenset(every),
            unknown=tuple(sorted({*found, *self._unknown_fields(found)} - set(every))),
            missing=tuple(name for name in every if name not in found) if has_records else (),
        )

    def _unknown_fields(self, found: Iterable[str]) -> set[str]:
        """Fields of objects in lists that the contract doesn't know; a pass for each such list."""
        unknown = set()
        for item in self.file.table.lists:
            if item.has_objects and item.name in found:
                raw = self._raw_rows(self.read_path, {item.name: self.types[item.name]})
                query = field_names(raw, item.name, self.types[item.name])
                names = {name for (name,) in self.connection.execute(query).fetchall()}
                names -= {field.name for field in item.fields}
                unknown |= {f"{item.name}[].{name}" for name in names}
        return unknown

    def _require_columns(self, found: list[str]) -> None:
        missing = [
            column.name
            for column in self.file.table.landed_columns
            if column.is_required and column.name not in found
        ]
        if missing:
            # Without a header the first record stands here: nobody's name may get into messages.
            shown = f"{len(found)} others" if self.file.table.vault else ", ".join(sorted(found))
            raise FileRejectedError(
                self.file.name,
                f"required columns are missing: {', '.join(missing)} (it has {shown}). Export "
                "them, or correct their names.",
            )

    def _found_types(self) -> dict[str, str]:
        match self.file.format:
            case Format.JSON_LINES:
                return json_lines.raw_types(self.file.table)
            case Format.CSV:
                return dict.fromkeys(csv_files.header(self.path, self.file.name), TEXT)
            case Format.PARQUET:
                return parquet_files.raw_types(self.connection, self.path, self.file)

    def is_sound(self) -> bool:
        """Type the whole file; False if any record is malformed or does not fit."""
        # To DuckDB a blank line in a file of one column is a row without a value.
        if self.file.format is Format.CSV and len(self.names) == 1:
            return False
        try:
            self._type_rows(self.path)
        except duckdb.Error as error:
            if self.file.format is Format.PARQUET:
                raise FileRejectedError(
                    self.file.name,
                    f"it can't be read to its end ({self.file.told(error)}). Upload it again.",
                ) from error
            return False
        return one_row(self.connection, "select count(_reason) from typed") == (0,)

    def keep_all(self) -> None:
        """Every row is good."""
        self._create(
            f"view {GOOD}", f"select * exclude (_reason), rowid + 1 as {ROW_NUMBER} from typed"
        )
        self._create(f"table {FAULTY}", NO_FAULT)

    def divide_parquet(self) -> None:
        """Tell the rows that fit from those that don't."""
        wanted = list(self.types)
        self._create("table landed_rows", parquet_files.relation(self.path, wanted))
        self._create(
            f"view {GOOD}",
            f"select * exclude (_reason), rowid + 1 as {ROW_NUMBER} "
            "from typed where _reason is null",
        )
        self._create(
            f"table {FAULTY}",
            f"select texts.*, typed._reason as reason "
            f"from ({parquet_files.raw_texts('landed_rows', wanted)}) as texts "
            "inner join typed on typed.rowid + 1 = texts.row_number "
            "where typed._reason is not null",
        )

    def divide_text(self, sound: Path) -> None:
        """Find the file's records, type the sound ones, and keep the text of all others.

        The whole file may have been typed already. It is typed again from its sound records alone,
        because DuckDB's idea of a record could differ from ours: then a row would be taken for
        another by its place.
        """
        lines = Lines(self.path)
        self._find_records(lines)
        ranges = self.connection.execute(
            "select first_byte, end_byte from records where broken is null order by first_byte"
        ).fetchnumpy()
        lines.write(sound, ranges["first_byte"], ranges["end_byte"])
        self.read_path = sound
        self._type_sound_records(sound)
        self._create(
            f"view {GOOD}",
            f"select typed.* exclude (_reason), records.row_number as {ROW_NUMBER} "
            "from typed inner join records on typed.rowid + 1 = records.position "
            "where typed._reason is null",
        )
        faulty = self.connection.execute(
            """
            select records.row_number, records.line_number, records.first_byte, records.end_byte,
                coalesce(records.broken, typed._reason) as reason
            from records
            left join typed on typed.rowid + 1 = records.position
            where records.row_number > 0
                and (records.broken is not null or typed._reason is not null)
            order by records.row_number
            """
        ).to_arrow_table()
        texts, _ = lines.texts(faulty["first_byte"].to_numpy(), faulty["end_byte"].to_numpy())
        self.connection.register(
            "faulty_texts", faulty.append_column("raw_text", pa.chunked_array([texts]))
        )
        self._create(
            f"table {FAULTY}",
            "select row_number, line_number, rtrim(raw_text, chr(10) || chr(13)) as raw_text, "
            "reason from faulty_texts",
        )
        self.connection.unregister("faulty_texts")

    def _find_records(self, lines: Lines) -> None:
        """Make the table ``records``: where each record stands, and why it is broken if it is.

        ``position`` numbers those that are sound, as ``rowid + 1`` does in ``typed``.
        """
        self.connection.register("landed_lines", lines.table())
        if self.file.format is Format.JSON_LINES:
            found = json_lines.records("landed_lines")
        else:
            found = csv_files.records(len(self.names), "landed_lines")
        self._create(
            "table records",
            f"""
            select *,
                case when broken is null and row_number > 0 then
                    row_number() over (
                        partition by broken is null and row_number > 0 order by row_number
                    )
                end as position
            from ({found})
            """,
        )
        self.connection.unregister("landed_lines")
        if one_row(
            self.connection,
            "select count(*) from records where row_number = 0 and broken is not null",
        )[0]:
            raise FileRejectedError(
                self.file.name, "its header is no record of CSV. Correct the header."
            )

    def _type_sound_records(self, path: Path) -> None:
        try:
            self._type_rows(path)
            read, problem = one_row(self.connection, "select count(*) from typed")[0], ""
        except duckdb.Error as error:
            read, problem = 0, f" {self.file.told(error)}."
        (found,) = one_row(self.connection, "select count(position) from records")
        if found != read or problem:
            raise FileRejectedError(
                self.file.name,
                f"{found} sound records were found, but {read} could be read.{problem} Nothing of "
                "it was loaded; write the file anew with a CSV or JSON library.",
            )

    def _type_rows(self, path: Path) -> None:
        """Make the table ``typed``, one row a record of ``path``, in its order."""
        self._type_once(path)
        if self.file.format is Format.JSON_LINES and (suspects := self._nested_texts()):
            self.types |= dict.fromkeys(suspects, JSON)
            self._type_once(path)

    def _nested_texts(self) -> list[str]:
        """Columns, read as texts, where one of them may be an object or a list."""
        names = free_texts(self.file.table)
        if not names:
            return []
        found = one_row(self.connection, nested_texts(names, "typed"))
        return [
            name
            for name, is_found in zip(names, found, strict=True)
            if is_found and self.types[name] != JSON
        ]

    def _type_once(self, path: Path) -> None:
        raw = self._raw_rows(path, self.types)
        self._create("table typed", typed_rows(self.file.table, raw, self.types, self.now))

    def _raw_rows(self, path: Path, types: dict[str, str]) -> str:
        """A relation with the columns of ``types`` as they landed."""
        match self.file.format:
            case Format.JSON_LINES:
                return json_lines.relation(path, types)
            case Format.CSV:
                return csv_files.relation(path, self.names, list(types))
            case Format.PARQUET:
                return parquet_files.relation(path, list(types))

    def _create(self, what: str, query: str) -> None:
        self.connection.execute(f"create or replace temp {what} as {query}")
