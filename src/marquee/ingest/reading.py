"""One landed file to typed rows and faulty records.

Every file is tried at full speed: DuckDB's reader with explicit columns, typed by SQL. Where it
stops at a malformed record, the file is taken apart from its raw lines, and what is sound goes
through the same reader. Where a value does not fit its type, the raw lines show what landed.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from marquee.ingest import csv_files, json_lines, parquet_files
from marquee.ingest.casting import TEXT, typed_rows
from marquee.ingest.landing import FileRejectedError, Format, LandedFile
from marquee.ingest.lines import Lines

ROW_NUMBER = "_row_number"
GOOD = "good_rows"
FAULTY = "faulty_records"


def read_file(connection: duckdb.DuckDBPyConnection, file: LandedFile, folder: Path) -> list[str]:
    """Read a file into two temporary relations.

    ``good_rows`` has the contract's columns, its lists as ``varchar[]``, and ``_row_number``.
    ``faulty_records`` has ``row_number``, ``line_number``, ``raw_text`` and ``reason``. Each record
    of the file is in one of them.

    Args:
        connection: an engine; relations of an earlier file are replaced.
        file: what landed.
        folder: for copies that are needed while reading; removed by the caller.

    Returns:
        The file's columns that the contract doesn't know (none for JSON lines).

    Raises:
        FileRejectedError: if nothing of the file can be used.
    """
    reader = _Reader(connection, file, file.plain_copy(folder))
    try:
        reader.type_rows(reader.path)
    except duckdb.Error as error:
        if file.format is Format.PARQUET:
            raise FileRejectedError(
                file.name, f"it can't be read to its end ({error}). Upload the file again."
            ) from error
        reader.find_records()
        reader.type_sound_records(folder / "sound")
    reader.tell_good_from_faulty()
    return sorted(set(reader.types) - set(file.table.landed_names))


class _Reader:
    def __init__(self, connection: duckdb.DuckDBPyConnection, file: LandedFile, path: Path) -> None:
        self.connection = connection
        self.file = file
        self.path = path
        self.types = self._raw_types()
        self.lines: Lines | None = None

    def _raw_types(self) -> dict[str, str]:
        table = self.file.table
        match self.file.format:
            case Format.JSON_LINES:
                return json_lines.raw_types(table)
            case Format.CSV:
                types = dict.fromkeys(csv_files.header(self.path), TEXT)
                if not types:
                    raise FileRejectedError(
                        self.file.name, "the file is empty. Write at least the header line."
                    )
            case Format.PARQUET:
                types = parquet_files.raw_types(self.connection, self.path, self.file.name)
        missing = [c.name for c in table.columns if c.is_required and c.name not in types]
        if missing:
            raise FileRejectedError(
                self.file.name,
                f"required columns are missing: {', '.join(missing)} (it has "
                f"{', '.join(types)}). Export them, or correct the names in the header.",
            )
        return types

    def type_rows(self, path: Path) -> None:
        """Make the table ``typed``, one row a record of ``path``, in its order."""
        match self.file.format:
            case Format.JSON_LINES:
                raw = json_lines.relation(path, self.types)
            case Format.CSV:
                raw = csv_files.relation(path, list(self.types))
            case Format.PARQUET:
                raw = parquet_files.relation(path, self.types)
        self._create("table typed", typed_rows(self.file.table, raw, self.types))

    def find_records(self) -> None:
        """Make the table ``records``: where each record stands, and why it is broken if it is.

        ``position`` numbers those that are sound, as ``rowid + 1`` does in ``typed``.
        """
        self.lines = Lines(self.path)
        self.connection.register("landed_lines", self.lines.table())
        if self.file.format is Format.JSON_LINES:
            found = json_lines.records("landed_lines")
        else:
            found = csv_files.records(len(self.types), "landed_lines")
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

    def type_sound_records(self, target: Path) -> None:
        """Type what is not broken; every sound record must come out of it."""
        assert self.lines is not None  # noqa: S101 - find_records has run
        ranges = self.connection.execute(
            "select first_byte, end_byte from records where broken is null order by first_byte"
        ).fetchnumpy()
        self.lines.write(target, ranges["first_byte"], ranges["end_byte"])
        try:
            self.type_rows(target)
            problem = ""
        except duckdb.Error as error:
            problem = str(error)
        found, read = self._one(
            "select (select count(position) from records), "
            f"{'0' if problem else '(select count(*) from typed)'}"
        )
        if problem or found != read:
            raise FileRejectedError(
                self.file.name,
                f"{found} sound records were found, but {read} could be read. {problem} "
                "Nothing was loaded; write the file anew with a CSV or JSON library.",
            )

    def tell_good_from_faulty(self) -> None:
        """Make the relations that the caller reads."""
        (typed_faults,) = self._one("select count(_reason) from typed")
        if self.file.format is not Format.PARQUET and typed_faults and self.lines is None:
            self.find_records()
        if self.lines is None:
            self._create(
                f"view {GOOD}",
                f"select * exclude (_reason), rowid + 1 as {ROW_NUMBER} "
                "from typed where _reason is null",
            )
            self._create(f"table {FAULTY}", self._faulty_parquet_rows())
            return
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
        texts, _ = self.lines.texts(faulty["first_byte"].to_numpy(), faulty["end_byte"].to_numpy())
        self.connection.register(
            "faulty_texts", faulty.append_column("raw_text", pa.chunked_array([texts]))
        )
        self._create(
            f"table {FAULTY}",
            "select row_number, line_number, rtrim(raw_text, chr(10) || chr(13)) as raw_text, "
            "reason from faulty_texts",
        )
        self.connection.unregister("faulty_texts")

    def _faulty_parquet_rows(self) -> str:
        if self.file.format is not Format.PARQUET:
            return (
                "select null::bigint as row_number, null::bigint as line_number, "
                "null::varchar as raw_text, null::varchar as reason limit 0"
            )
        wanted = "select rowid + 1 from typed where _reason is not null"
        texts = parquet_files.raw_texts(self.path, self.types, wanted)
        return (
            "select texts.*, typed._reason as reason "
            f"from ({texts}) as texts inner join typed on typed.rowid + 1 = texts.row_number"
        )

    def _create(self, what: str, query: str) -> None:
        self.connection.execute(f"create or replace temp {what} as {query}")

    def _one(self, query: str) -> tuple[int, ...]:
        row = self.connection.execute(query).fetchone()
        assert row is not None  # noqa: S101 - an aggregate without groups has one row
        return row
