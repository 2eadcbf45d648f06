"""Repaired rows back through ingestion, each exactly once.

What is replayed lands as a file of its own (see :mod:`marquee.ingest.repaired`), so that the lake
stays a function of landing; a kill between the two is made good by whoever ingests next.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from marquee.contract import Table
from marquee.engine import connect
from marquee.ingest.lake import Lake, part_of, publish_file
from marquee.ingest.landing import FileRejectedError
from marquee.ingest.loading import LoadedFile, OnFile, ingest_repaired
from marquee.ingest.places import PlaceHistory
from marquee.ingest.repaired import (
    DROPPED_BECAUSE,
    FILE_NAME,
    ORIGIN_FILE_KEY,
    ORIGIN_ROW_NUMBER,
    repaired_name,
)
from marquee.quarantine.records import record_of
from marquee.quarantine.repairs import Repair, RepairError, read_repairs
from marquee.quarantine.rows import QuarantinedRow, Selection, quarantined_rows

Group = tuple[str, dt.date | None]
"""What may stand in one repaired file: rows of one table, and of one extract."""


@dataclass(frozen=True)
class Replay:
    """What a replay did."""

    loaded: tuple[LoadedFile, ...]
    rejected: tuple[FileRejectedError, ...]
    replayed_count: int
    """Rows that went through ingestion."""
    known_count: int
    """Rows that were not open: replayed before."""
    unchanged_count: int
    """Rows whose record is as it came: they would only fail again."""
    dropped_count: int

    @property
    def loaded_count(self) -> int:
        """Rows that are in the lake now."""
        return sum(file.loaded_row_count for file in self.loaded)

    @property
    def faulty_count(self) -> int:
        """Rows that are still faulty, and open with their new reason."""
        return sum(file.quarantined_row_count for file in self.loaded) - self.dropped_count


def replay(
    path: Path,
    landing: Path,
    lake: Lake,
    on_file: OnFile,
    places: PlaceHistory | None = None,
    now: dt.datetime | None = None,
) -> Replay:
    """Replay a file of repairs. The caller holds the lock.

    Args:
        path: what ``repair`` wrote, edited or not.
        landing: the root of the landed files.
        lake: an initialised lake.
        on_file: told of each repaired file as it is loaded.
        places: see :func:`marquee.ingest.loading.ingest`.
        now: likewise.

    Raises:
        RepairError: if a line can't be used; nothing has been replayed then.
    """
    repairs = _by_row(path, read_repairs(path))
    # A replay that was killed has landed its files, but they may not be in the lake yet.
    pending = ingest_repaired(landing, lake, on_file, places, now)
    groups: dict[Group, list[tuple[QuarantinedRow, Repair]]] = {}
    known = unchanged = dropped = 0
    with connect() as connection:
        rows = _rows_of(connection, lake, repairs, path)
    for row in rows:
        repair = repairs[row.file_key, row.row_number]
        if not row.is_open:
            known += 1
        elif repair.dropped_because is None and repair.record in (None, record_of(row)):
            unchanged += 1
        else:
            dropped += repair.dropped_because is not None
            groups.setdefault((row.table.full_name, row.extract_date), []).append((row, repair))
    for (_, day), group in groups.items():
        _land(landing, lake, group[0][0].table, day, group)
    report = ingest_repaired(landing, lake, on_file, places, now)
    return Replay(
        loaded=tuple(report.loaded),
        rejected=tuple({str(e): e for e in (*pending.rejected, *report.rejected)}.values()),
        replayed_count=sum(len(group) for group in groups.values()),
        known_count=known,
        unchanged_count=unchanged,
        dropped_count=dropped,
    )


def _by_row(path: Path, repairs: Iterable[Repair]) -> dict[tuple[str, int], Repair]:
    found: dict[tuple[str, int], Repair] = {}
    for repair in repairs:
        other = found.setdefault((repair.file_key, repair.row_number), repair)
        if other is not repair:
            raise RepairError(
                f"{path}: lines {other.line} and {repair.line} repair the same row. Remove one."
            )
    return found


def _rows_of(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    repairs: Mapping[tuple[str, int], Repair],
    path: Path,
) -> list[QuarantinedRow]:
    """The rows that are repaired, in the order of their loads.

    Raises:
        RepairError: if one of them was never in quarantine here.
    """
    every = quarantined_rows(connection, lake, Selection(is_open=False))
    rows = [row for row in every if (row.file_key, row.row_number) in repairs]
    missing = set(repairs) - {(row.file_key, row.row_number) for row in rows}
    if missing:
        line = min(repairs[key].line for key in missing)
        raise RepairError(
            f"{path}: line {line} names a row that is not in the quarantine of this lake. Restore "
            "file_key and row_number, or remove the line."
        )
    return rows


def _land(
    landing: Path,
    lake: Lake,
    table: Table,
    day: dt.date | None,
    group: list[tuple[QuarantinedRow, Repair]],
) -> None:
    """Land repaired rows as one file, with one rename."""
    records = [repair.record or {} for _, repair in group]
    required = [column.name for column in table.landed_columns if column.is_required]
    names = list(dict.fromkeys([*required, *(name for record in records for name in record)]))
    target = landing / repaired_name(table, _next_number(landing, lake, table), day)
    for folder in reversed(target.relative_to(landing).parents[:-1]):
        (landing / folder).mkdir(exist_ok=True, parents=True, mode=0o700)
    part = part_of(target, lake.work)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        for (row, repair), record in zip(group, records, strict=True):
            line = {name: record.get(name) for name in names} | {
                ORIGIN_FILE_KEY: row.file_key,
                ORIGIN_ROW_NUMBER: row.row_number,
                DROPPED_BECAUSE: repair.dropped_because,
            }
            stream.write(json.dumps(line) + "\n")
    publish_file(part, target)


def _next_number(landing: Path, lake: Lake, table: Table) -> int:
    """Above all numbers that were ever given: of files that are there, and of those that were."""
    folder = (landing / repaired_name(table, 0, None)).parent
    names = [path.name for path in folder.glob("*.jsonl")]
    with connect() as connection:
        rows = connection.execute(
            f"select file_name from {lake.manifest()} where starts_with(file_name, ?)",
            [folder.relative_to(landing).as_posix() + "/"],
        ).fetchall()
    names += [name.rpartition("/")[2] for (name,) in rows]
    return max((int(m[1]) for name in names if (m := FILE_NAME.fullmatch(name))), default=0) + 1
