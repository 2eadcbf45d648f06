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

from marquee.engine import one_row
from marquee.ingest import csv_files, json_lines, parquet_files, sequence_files
from marquee.ingest.avro_files import AvroFile
from marquee.ingest.casting import (
    JSON,
    TEXT,
    field_names,
    free_texts,
    nested_texts,
    typed_rows,
)
from marquee.ingest.formats import Format
from marquee.ingest.landing import FileRejectedError, LandedFile
from marquee.ingest.lines import Lines
from marquee.ingest.orc_files import OrcFile
from marquee.store import raise_if_store_failed

ROW_NUMBER = "_row_number"
READ_AS = {
    Format.AVRO: Format.PARQUET,
    Format.ORC: Format.PARQUET,
    Format.SEQUENCE_FILE: Format.JSON_LINES,
}
"""Formats that DuckDB does not read are first turned into one that it does."""
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
    """In the order of the file; None for JSON lines and JSON in sequence files: each record has
    its own."""
    known: frozenset[str]
    """Those of the contract; where each record has its own, those that any has."""
    unknown: tuple[str, ...]
    """Those that the contract doesn't know, in order of name; fields of the objects in a list as
    ``list[].field``."""
    missing: tuple[str, ...]
    """What the contract knows and the file lacks, in the contract's order; none for a file
    without records where each has its own."""
    renamed: tuple[str, ...] = ()
    """Former names that the file has for columns of the contract, in order of name."""


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
    reader = _Reader(connection, file, folder, now)
    if reader.is_sound():
        reader.keep_all()
    elif reader.format is Format.PARQUET:
        reader.divide_typed()
    else:
        reader.divide_text(folder / "sound")
    return reader.columns()


class _Reader:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        file: LandedFile,
        folder: Path,
        now: dt.datetime,
    ) -> None:
        self.connection = connection
        self.file = file
        self.folder = folder
        self.now = now
        self.format = READ_AS.get(file.format, file.format)
        """What the copy in ``path`` is read as."""
        self.has_own_columns = self.format is Format.JSON_LINES
        """True if each record has columns of its own."""
        self.path = file.plain_copy(folder)
        landed = self._found_types()
        self.read_path = self.path
        """What was read in the end: the file, or its sound records."""
        self.landed_names = list(landed)
        """As the file has them; ``names`` are the present names of the same columns."""
        self.former = self._former(landed)
        found = {self.former.get(name, name): kind for name, kind in landed.items()}
        known = set(file.table.landed_names)
        self.names = list(found)
        self.types = {name: kind for name, kind in found.items() if name in known}

    def columns(self) -> FileColumns:
        """The columns of the file that was read.

        Raises:
            FileRejectedError: if no record of a file of JSON lines has a column that must be there.
        """
        # Tables over landed files find a column of CSV by its place, any other by its name.
        names = tuple(self.names if self.format is Format.CSV else self.landed_names)
        found, renamed = self.names, self.former
        if self.format is Format.JSON_LINES:
            query = json_lines.keys_query(self.read_path)
            keys = [name for (name,) in self.connection.execute(query).fetchall()]
            renamed = {n: now for n, now in self.file.table.former_names.items() if n in keys}
            found = [renamed.get(name, name) for name in keys]
            if one_row(self.connection, "select count(*) from typed") != (0,):
                self._require_columns(found)
        every = self.file.table.landed_names
        has_records = bool(found) or self.format is not Format.JSON_LINES
        return FileColumns(
            names=None if self.has_own_columns else names,
            known=frozenset(found) & frozenset(every),
            unknown=tuple(sorted({*found, *self._unknown_fields(found)} - set(every))),
            missing=tuple(name for name in every if name not in found) if has_records else (),
            renamed=tuple(sorted(renamed)),
        )

    def _former(self, landed: Iterable[str]) -> dict[str, str]:
        """Names of the file that are former ones, with those of the contract.

        Raises:
            FileRejectedError: if a column is there twice, under different names.
        """
        names = set(landed)
        former = {n: now for n, now in self.file.table.former_names.items() if n in names}
        for name, now in former.items():
            others = {n for n, other in former.items() if other == now and n != name}
            if others or now in names:
                raise FileRejectedError(
                    self.file.name,
                    f"it has the column {now} twice: as {name} and as {min(others, default=now)}. "
                    "Export one of them.",
                )
        return former

    def _present_names(self, landed: Iterable[str]) -> list[str]:
        former = self._former(landed)
        return [former.get(name, name) for name in landed]

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
        """The type of each column of the file, in its order; columns that must be there are."""
        match self.file.format:
            case Format.AVRO:
                return self._typed_copy(AvroFile(self.path, self.file))
            case Format.CSV:
                found = dict.fromkeys(csv_files.header(self.path, self.file.name), TEXT)
            case Format.JSON_LINES:
                found = json_lines.raw_types(self.file.table)
            case Format.ORC:
                return self._typed_copy(OrcFile(self.path, self.file))
            case Format.PARQUET:
                found = parquet_files.raw_types(self.connection, self.path, self.file)
            case Format.SEQUENCE_FILE:
                target = self.folder / "values"
                has_rows = sequence_files.write_lines(self.path, self.file, target)
                self.has_own_columns = not has_rows
                self.path = target
                found = json_lines.raw_types(self.file.table)
        self._require_columns(self._present_names(found))
        return found

    def _typed_copy(self, source: AvroFile | OrcFile) -> dict[str, str]:
        """Read a copy in Parquet instead, with the columns that the contract knows."""
        names = source.column_names
        present = self._present_names(names)
        self._require_columns(present)
        target = self.folder / "typed"
        known = set(self.file.table.landed_names)
        wanted = [name for name, now in zip(names, present, strict=True) if now in known]
        source.write_as_parquet(wanted, target)
        self.path = target
        found = parquet_files.raw_types(self.connection, target, self.file)
        return {name: found.get(name, TEXT) for name in names}

    def is_sound(self) -> bool:
        """Type the whole file; False if any record is malformed or does not fit."""
        # To DuckDB a blank line in a file of one column is a row without a value.
        if self.format is Format.CSV and len(self.names) == 1:
            return False
        try:
            self._type_rows(self.path)
        except duckdb.Error as error:
            raise_if_store_failed(error)
            if self.format is Format.PARQUET:
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

    def divide_typed(self) -> None:
        """Tell the rows that fit from those that don't."""
        wanted = list(self.types)
        self._create("table landed_rows", self._raw_rows(self.path, self.types))
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
        # What stands in a sequence file has no lines.
        line = "null::bigint" if self.file.format is Format.SEQUENCE_FILE else "records.line_number"
        faulty = self.connection.execute(
            f"""
            select records.row_number, {line} as line_number, records.first_byte, records.end_byte,
                coalesce(records.broken, typed._reason) as reason
            from records
            left join typed on typed.rowid + 1 = records.position
            where records.row_number > 0
                and (records.broken is not null or typed._reason is not null)
            order by records.row_number
            """
        ).to_arrow_table()
        texts, _ = lines.texts(faulty["first_byte"].to_numpy(), faulty["end_byte"].to_numpy())
        self.connection.register("faulty_texts", faulty.append_column("raw_text", texts))
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
        landed = lines.load(self.connection)
        if self.format is Format.JSON_LINES:
            unit = "value" if self.file.format is Format.SEQUENCE_FILE else "line"
            found = json_lines.records(landed, unit)
        else:
            found = csv_files.records(len(self.names), landed)
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
        self.connection.execute(f"drop table {landed}")
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
            raise_if_store_failed(error)
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
        if self.format is Format.JSON_LINES and (suspects := self._nested_texts()):
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
        match self.format:
            case Format.JSON_LINES:
                return self._json_rows(path, types)
            case Format.CSV:
                return csv_files.relation(path, self.names, list(types))
            case _:
                landed = {now: name for name, now in self.former.items()}
                kinds = {landed.get(name, name): kind for name, kind in types.items()}
                chosen = ", ".join(
                    f'"{landed[name]}" as {name}' if name in landed else name for name in types
                )
                return f"(select {chosen} from {parquet_files.relation(path, kinds)})"

    def _json_rows(self, path: Path, types: dict[str, str]) -> str:
        """Records may have a column under its present name, or under a former one."""
        former: dict[str, list[str]] = {}
        for name, now in self.file.table.former_names.items():
            if now in types:
                former.setdefault(now, []).append(f'"{name}"')
        more = {name: types[now] for now, names in former.items() for name in names}
        rows = json_lines.relation(path, types | more)
        if not former:
            return rows
        columns = ", ".join(
            f"coalesce({', '.join([name, *former[name]])}) as {name}" if name in former else name
            for name in types
        )
        return f"(select {columns} from {rows})"

    def _create(self, what: str, query: str) -> None:
        self.connection.execute(f"create or replace temp {what} as {query}")
