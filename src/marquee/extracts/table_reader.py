"""One table within a snapshot of a server: everything, or what has changed since the last time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from marquee.engine import one_row, parquet
from marquee.extracts.columns import (
    CURSOR,
    Cursor,
    SourceColumn,
    TakenColumn,
    cursor_of,
    qualified,
    schema_changes,
    source_columns,
    taken_columns,
)
from marquee.extracts.configuration import TableExtract
from marquee.extracts.server import Snapshot
from marquee.extracts.state import TableState, state_name

EPOCH = dt.datetime(1970, 1, 1)


@dataclass(frozen=True)
class TableRead:
    """What came from the server of one table, before anything of it has landed."""

    table: TableExtract
    columns: tuple[SourceColumn, ...]
    taken: tuple[TakenColumn, ...]
    cursor: Cursor | None
    last: int | None
    """Highest value of the cursor, before or now."""
    rows: str
    """A relation for DuckDB with all that is to land, as it came."""
    read_count: int
    gone_count: int
    is_whole: bool
    notes: tuple[str, ...]

    def state(self, path: Path | None, landing: Path, before: dict[str, TableState]) -> TableState:
        """What to remember of it."""
        earlier = before.get(state_name(self.table))
        name = path.relative_to(landing).as_posix() if path else None
        return TableState(
            self.last,
            self.table.cursor,
            self.columns,
            {column.name: column.source.name for column in self.taken},
            name or (earlier.file_name if earlier else None),
        )


class TableReader:
    """Reads one table within a snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        table: TableExtract,
        before: TableState | None,
        landing: Path,
        folder: Path,
    ) -> None:
        self.snapshot = snapshot
        self.table = table
        self.folder = folder
        self.columns = source_columns(snapshot, table)
        self.taken, self.absent = taken_columns(table, self.columns)
        self.cursor = cursor_of(table, self.columns)
        self.before = before
        self.previous = landing / before.file_name if before and before.file_name else None
        self.notes: list[str] = []

    def read(self, moment: dt.datetime) -> TableRead:
        """Everything, or what has changed.

        Args:
            moment: of the snapshot, UTC; a later value of the cursor is somebody's wrong clock, and
                would hide all that comes until then.
        """
        self._note_schema()
        last = self._last_value()
        gone_count = 0
        path = self._write(self.cursor.condition(last) if self.cursor and last is not None else "")
        rows = self._came(path)
        if last is not None and self.table.is_merged:
            merged = self._merged(rows)
            if merged is None:
                path = self._write("")
                rows, last = self._came(path), None
            else:
                rows, gone_count = merged
        (read_count,) = one_row(self.snapshot.connection, f"select count(*) from {parquet(path)}")
        return TableRead(
            self.table,
            self.columns,
            self.taken,
            self.cursor,
            self._newest(path, moment, last),
            rows,
            int(read_count),
            gone_count,
            last is None,
            tuple(self.notes),
        )

    def _note_schema(self) -> None:
        names = {column.source.name for column in self.taken}
        if self.before:
            self.notes += schema_changes(self.before.columns, self.columns, names)
        self.notes += [f"{name} is not there, and lands without a value" for name in self.absent]

    def _last_value(self) -> int | None:
        """How far the cursor was read; None if everything has to be read."""
        before, cursor = self.before, self.cursor
        if before is None or cursor is None or before.cursor_column != cursor.column.name:
            return None
        if cursor.column.data_type not in {
            column.data_type for column in before.columns if column.name == cursor.column.name
        }:
            return None
        if self.table.is_merged and not self._can_be_merged(before):
            return None
        return before.cursor

    def _can_be_merged(self, before: TableState) -> bool:
        """True if the extract before is there, and has the same columns of the same types."""
        types = {column.name: column.data_type for column in before.columns}
        return (
            self.previous is not None
            and self.previous.is_file()
            and before.taken == {column.name: column.source.name for column in self.taken}
            and all(
                types.get(column.source.name) == column.source.data_type for column in self.taken
            )
        )

    def _write(self, condition: str) -> Path:
        path = self.folder / f"rows_{len(list(self.folder.iterdir()))}.parquet"
        expressions = [column.expression for column in self.taken]
        expressions += [self.cursor.expression] if self.cursor else []
        where = f" where {condition}" if condition else ""
        self.snapshot.write(
            f"select {', '.join(expressions)} from {qualified(self.table)}{where}", path
        )
        return path

    def _came(self, path: Path) -> str:
        return f"(select {', '.join(c.canonical for c in self.taken)} from {parquet(path)})"

    def _merged(self, changed: str) -> tuple[str, int] | None:
        """The extract before with what has changed and without what is gone, and how many are gone.

        None if that is not all that there is: a row came without rising the cursor, or keys are no
        keys. Whoever is forgotten here but not at the source is such a row, too.
        """
        path = self.folder / "keys.parquet"
        by_name = {column.name: column for column in self.taken}
        keys = [by_name[name] for name in self.table.target.key]
        self.snapshot.write(
            f"select {', '.join(key.expression for key in keys)} from {qualified(self.table)}", path
        )
        there = f"(select {', '.join(key.canonical for key in keys)} from {parquet(path)})"
        columns = ", ".join(column.landed_again for column in self.taken)
        previous = f"(select {columns} from {parquet(self.previous)})" if self.previous else ""
        using = f"using ({', '.join(self.table.target.key)})"
        merged = (
            f"(select * from {changed} union all by name select old.* from {previous} as old "
            f"anti join {changed} as changed {using} semi join {there} as there {using})"
        )
        there_count, missing_count, merged_count, gone_count = one_row(
            self.snapshot.connection,
            f"""
            select (select count(*) from {there}),
                (select count(*) from {there} as there anti join {merged} as merged {using}),
                (select count(*) from {merged}),
                (select count(*) from {previous} as old anti join {there} as there {using})
            """,
        )
        if missing_count or merged_count != there_count:
            self.notes.append(
                f"{max(missing_count, 1):,} rows were not found by the cursor "
                f"{self.table.cursor}, so all were read"
            )
            return None
        return merged, int(gone_count)

    def _newest(self, path: Path, moment: dt.datetime, last: int | None) -> int | None:
        if self.cursor is None:
            return None
        condition = "true"
        if self.cursor.is_time:
            condition = f"{CURSOR} <= {(moment - EPOCH) // dt.timedelta(microseconds=1)}"
        (newest,) = one_row(
            self.snapshot.connection,
            f"select max({CURSOR}) from {parquet(path)} where {condition}",
        )
        found = [int(value) for value in (newest, last) if value is not None]
        return max(found, default=None)
