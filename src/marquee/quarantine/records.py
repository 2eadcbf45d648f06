"""The text of a quarantined record as its fields, where it has some."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from marquee.contract import ListColumn
from marquee.ingest.formats import Format
from marquee.ingest.repaired import ORIGIN_FIELDS
from marquee.quarantine.rows import QuarantinedRow

Record = dict[str, Any]
"""Fields by name as JSON has them; numbers with a point, and long ones, as texts."""

SAFE_DIGITS = 15
"""So many digits every reader of JSON keeps."""
DAMAGED = "the line is not UTF-8"
"""Its text shows bytes as ``\\xnn``: what it parses to is not what was meant."""


def record_of(row: QuarantinedRow, text: str | None = None) -> Record | None:
    r"""The fields of a record, or None if its text is none of its format.

    Args:
        row: where it comes from.
        text: to be read instead of what landed.
    """
    if text is None:
        if row.reason.startswith(DAMAGED):
            return None
        text = row.raw_text
    if row.file_format == Format.CSV:
        return _csv_record(row, text)
    return json_record(text)


def json_record(text: str) -> Record | None:
    """The fields of a JSON object; None if it is none, or names a field twice."""
    try:
        found = json.loads(
            text,
            parse_float=str,
            parse_int=_whole,
            parse_constant=_no_number,
            object_pairs_hook=_once_each,
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {name: value for name, value in found.items() if name not in ORIGIN_FIELDS}


def _csv_record(row: QuarantinedRow, text: str) -> Record | None:
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return None
    if len(lines) != 1:
        return None
    [fields] = lines
    # As ingestion does: one comma behind the last field is no field.
    if len(fields) == len(row.column_names) + 1 and not fields[-1]:
        fields = fields[:-1]
    if len(fields) != len(row.column_names):
        return None
    lists = {item.name: item for item in row.table.lists}
    return {
        name: _elements(lists[name], value) if name in lists else value
        for name, value in zip(row.column_names, fields, strict=True)
    }


def _elements(item: ListColumn, text: str) -> Any:
    """A list as it stands in CSV, as JSON has it; a text that is no list stays one."""
    if not item.has_objects:
        return [element for part in text.split(item.separator) if (element := part.strip())]
    if not text:
        return []
    try:
        return json.loads(text, parse_float=str, parse_int=_whole, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return text


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= SAFE_DIGITS else digits


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _once_each(pairs: list[tuple[str, Any]]) -> Record:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a field is there twice")
    return record
