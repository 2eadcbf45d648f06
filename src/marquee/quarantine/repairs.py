"""The file that people edit: open rows on their way from the vault to a replay.

One JSON object a line: which row it is (``file_key``, ``row_number``), what is wrong with it
(``reason``, ``raw_text``), its fields (``record``, null where the text has none), and ``drop``: a
reason if nothing is to be loaded for it. What counts in a replay is ``record`` and ``drop``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marquee.ingest.lake import Lake, synchronise
from marquee.quarantine.mapping import RepairMapping
from marquee.quarantine.records import Record, record_of
from marquee.quarantine.rows import QuarantinedRow


class RepairError(Exception):
    """A file of repairs can't be used; the message names line and remedy."""


@dataclass(frozen=True)
class Repairs:
    """A file of repairs that was written."""

    path: Path | None
    """None if there was no row to write."""
    row_count: int
    untouched_count: int
    """Rows that the mapping left as they were, and that are not in the file."""
    dropped_count: int


@dataclass(frozen=True)
class Repair:
    """One line of such a file."""

    file_key: str
    row_number: int
    record: Record | None = field(repr=False)
    dropped_because: str | None
    line: int


def write_repairs(
    rows: Iterable[QuarantinedRow], lake: Lake, path: Path | None, mapping: RepairMapping | None
) -> Repairs:
    """Write rows as a file to edit, or as a mapping repairs them.

    Args:
        rows: what to repair.
        lake: in whose vault the file is written.
        path: the file; None for one with the next number.
        mapping: None to write every row as it is.

    Raises:
        RepairError: if there is such a file already.
    """
    if path is None:
        path = _next_path(lake.repairs)
    written = untouched = dropped = 0
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        for row in rows:
            record, because = record_of(row), None
            if mapping:
                rules = mapping.of(row.table)
                because = rules.dropped_because(row) if rules else None
                repaired = rules.repaired(row) if rules and because is None else record
                if because is None and repaired == record:
                    untouched += 1
                    continue
                record = repaired
            dropped += because is not None
            written += 1
            stream.write(_encoded(_line(row, record, because)))
    synchronise(part)
    try:
        if not written:
            return Repairs(None, 0, untouched, 0)
        # Never over what somebody may be editing.
        os.link(part, path)
    except FileExistsError:
        raise RepairError(f"{path} is there already. Name another file, or move it away.") from None
    finally:
        part.unlink()
    return Repairs(path, written, untouched, dropped)


def read_repairs(path: Path) -> Iterator[Repair]:
    """The lines of a file of repairs.

    Raises:
        RepairError: naming the line that can't be used.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield _repair(path, number, line)
    except OSError as error:
        raise RepairError(f"{path} can't be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise RepairError(f"{path} is not UTF-8. Save it as UTF-8.") from error


def _repair(path: Path, number: int, line: str) -> Repair:
    try:
        found = json.loads(line, parse_float=str)
    except ValueError as error:
        raise RepairError(f"{path}: line {number} is no JSON ({error}). Correct it.") from None
    if not isinstance(found, dict):
        raise RepairError(f"{path}: line {number} is no JSON object. Restore it.")
    key, row = found.get("file_key"), found.get("row_number")
    record, drop = found.get("record"), found.get("drop")
    if not isinstance(key, str) or type(row) is not int:
        raise RepairError(
            f"{path}: line {number} lacks file_key or row_number: nobody knows which row it "
            "repairs. Restore them."
        )
    if record is not None and not isinstance(record, dict):
        raise RepairError(
            f"{path}: line {number}: record must be the row's fields as a JSON object, or null."
        )
    if drop is not None and (not isinstance(drop, str) or not drop.strip()):
        raise RepairError(
            f"{path}: line {number}: drop must be the reason why nothing is to be loaded, or null."
        )
    return Repair(key, row, record, drop, number)


def _line(row: QuarantinedRow, record: Record | None, because: str | None) -> dict[str, Any]:
    return {
        "file_key": row.file_key,
        "row_number": row.row_number,
        "table": row.table.full_name,
        "file_name": row.file_name,
        "line_number": row.line_number,
        "reason": row.reason,
        "raw_text": row.raw_text,
        "record": record,
        "drop": because,
    }


def _encoded(line: dict[str, Any]) -> bytes:
    """For people to read; half of a pair of surrogates has no letter, and stays escaped."""
    try:
        return f"{json.dumps(line, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(line)}\n".encode()


def _next_path(folder: Path) -> Path:
    numbers = [int(path.stem) for path in folder.glob("*.jsonl") if path.stem.isdecimal()]
    return folder / f"{max(numbers, default=0) + 1:06}.jsonl"
