"""What the files of each table have delivered so far: a column that stops coming is noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import duckdb
from pyarrow.parquet import ParquetFile

from marquee.contract import Table
from marquee.engine import quoted
from marquee.ingest.lake import PROFILES, Lake
from marquee.ingest.reading import FileColumns
from marquee.ingest.repaired import FOLDER as REPAIRED

EXPECTED = 10
"""Where records name their own fields, so many values of a column have to be expected of a file
before having none means anything: by chance that happens to one column in 20,000."""

READ = ("source_name", "table_name", "column_name", "row_count", "null_count", "is_landed")
"""Columns of a profile that are looked at."""

Home = tuple[str, str, str]
"""Source, table and column as profiles have them: of a vault or a child table too."""


class Deliveries:
    """Counts of values by column, over the files in the lake; repaired files are no deliveries."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
        self.connection = connection
        self.lake = lake
        self.rows: Counter[str] = Counter()
        """Loaded rows by ``source.table``."""
        self.values: Counter[Home] = Counter()
        """Of every column that a file has had, also if it has no value."""
        self._are_counted = False

    def add(self, table: Table, file_key: str, row_count: int) -> None:
        """Count a file that has been committed."""
        if self._are_counted:
            self.rows[table.full_name] += row_count
            # Of one small file the engine would plan longer than it reads.
            with self.lake.ledger_path(PROFILES, file_key).open("rb") as stream:
                profile = ParquetFile(stream).read(list(READ))
            for source, name, column, count, null_count, is_landed in zip(
                *(profile[name].to_pylist() for name in READ), strict=True
            ):
                if is_landed:
                    self.values[source, name, column] += count - null_count

    def _count_all(self) -> None:
        """Once, and only for a file that lacks a column: a profile stands there for each file."""
        if self._are_counted:
            return
        delivered = f"not starts_with(file_name, {quoted(f'{REPAIRED}/')})"
        manifest = self.lake.manifest()
        found = self.connection.execute(
            "select concat(source_name, '.', table_name), sum(loaded_row_count)::bigint "
            f"from {manifest} where {delivered} group by 1"
        ).fetchall()
        self.rows.update(dict(found))
        keys = f"select file_key from {manifest} where {delivered}"
        rows = self.connection.execute(
            "select source_name, table_name, column_name, sum(row_count - null_count)::bigint "
            f"from {self.lake.profiles()} where is_landed and file_key in ({keys}) group by all"
        ).fetchall()
        self.values.update(
            {(source, table, column): count for source, table, column, count in rows}
        )
        self._are_counted = True

    def lost(self, table: Table, columns: FileColumns, row_count: int) -> tuple[str, ...]:
        """Which of a file's missing columns files of the table have had before.

        Args:
            table: of the file.
            columns: of the file.
            row_count: its records.
        """
        if columns.missing:
            self._count_all()
        return tuple(
            name
            for name in columns.missing
            if any(
                home in self.values
                and (columns.names is not None or self._is_expected(table, home, row_count))
                for home in _homes(table, name)
            )
        )

    def _is_expected(self, table: Table, home: Home, row_count: int) -> bool:
        return self.values[home] * row_count >= EXPECTED * max(self.rows[table.full_name], 1)


def _homes(table: Table, name: str) -> Sequence[Home]:
    """Where the profile of a landed column or list stands."""
    for item in table.lists:
        if item.name == name:
            return [(item.child.source, item.child.name, item.position)]
    homes = [table, *([table.vault] if table.vault else [])]
    return [(home.source, home.name, name) for home in homes]
