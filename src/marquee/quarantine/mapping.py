r"""Repairs by rule: a YAML file says, for each table, what to make of faulty records.

    social.ratings:
      text:                                  # of the whole line, before it is read
        - {find: ';', put: ','}
      drop:                                  # rows of which nothing is to be loaded
        - {reason: 'the line does not have', because: 'footer of the export'}
      rename: {stars: rating_value}          # a field that came under another name
      columns:
        rating_value:
          values: {nine: '5', 'n/a': null}   # exact texts; null for no value
          patterns:                          # regular expressions, of the whole value
            - {find: '([0-9]),([0-9])', put: '\1.\2'}
          default: '3'                       # where there is no value
        mood: {remove: true}

Steps run in this order; the first value or pattern that fits a value counts. Expressions are those
of Python's ``re``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from marquee.contract import Contract, Table
from marquee.quarantine.records import Record, record_of
from marquee.quarantine.rows import QuarantinedRow

TABLE_KEYS = frozenset({"text", "drop", "rename", "columns"})
COLUMN_KEYS = frozenset({"values", "patterns", "default", "remove"})


class RepairMappingError(ValueError):
    """A mapping of repairs can't be used; the message names file, place and remedy."""


@dataclass(frozen=True)
class Replacement:
    """What a regular expression finds becomes something else."""

    find: re.Pattern[str]
    put: str


@dataclass(frozen=True)
class Drop:
    """Rows of which nothing is to be loaded."""

    reason: str
    """A part of why they are in quarantine; empty: any."""
    text: re.Pattern[str] | None
    """Found in their text."""
    because: str


@dataclass(frozen=True)
class ColumnRepair:
    """What becomes of a column's values."""

    values: Mapping[str, Any] = field(default_factory=dict)
    patterns: tuple[Replacement, ...] = ()
    default: Any = None
    is_removed: bool = False

    def repaired(self, value: Any) -> Any:
        """The value, or what stands in its place."""
        if isinstance(value, str | int) and not isinstance(value, bool):
            value = self._replaced(str(value), value)
        return self.default if value is None or value == "" else value

    def _replaced(self, text: str, value: Any) -> Any:
        if text in self.values:
            return self.values[text]
        for pattern in self.patterns:
            if match := pattern.find.fullmatch(text):
                return match.expand(pattern.put)
        return value


@dataclass(frozen=True)
class TableRepair:
    """What becomes of a table's faulty records."""

    text: tuple[Replacement, ...] = ()
    drop: tuple[Drop, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, ColumnRepair] = field(default_factory=dict)

    def dropped_because(self, row: QuarantinedRow) -> str | None:
        """Why nothing is to be loaded for a row; None if something is."""
        for rule in self.drop:
            if rule.reason in row.reason and (not rule.text or rule.text.search(row.raw_text)):
                return rule.because
        return None

    def repaired(self, row: QuarantinedRow) -> Record | None:
        """The fields of a row after all rules; None if it has none even then."""
        text = row.raw_text
        for rule in self.text:
            text = rule.find.sub(rule.put, text)
        record = record_of(row, None if text == row.raw_text else text)
        if record is None:
            return None
        for former, name in self.rename.items():
            if former in record:
                value = record.pop(former)
                if record.get(name) in (None, ""):
                    record[name] = value
        for name, column in self.columns.items():
            if column.is_removed:
                record.pop(name, None)
                continue
            value = column.repaired(record.get(name))
            if name in record or value is not None:
                record[name] = value
        return record


@dataclass(frozen=True)
class RepairMapping:
    """Rules by table."""

    tables: Mapping[str, TableRepair]
    """By ``source.table``."""

    def of(self, table: Table) -> TableRepair | None:
        """The rules of a table, None if there are none."""
        return self.tables.get(table.full_name)


def load_repair_mapping(path: Path, contract: Contract) -> RepairMapping:
    """Read a mapping.

    Raises:
        RepairMappingError: if it is no such file, or names what there is not.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RepairMappingError(f"{path} can't be read as YAML ({error}).") from error
    if not isinstance(document, dict) or not document:
        raise RepairMappingError(f"{path} names no table. Begin with source.table: and its rules.")
    landed = {table.full_name: table for table in contract.landed()}
    tables = {}
    for name, rules in document.items():
        if name not in landed:
            raise RepairMappingError(
                f"{path}: {name!r} is no source table, one of: {', '.join(landed)}."
            )
        tables[name] = _table_repair(f"{path}: {name}", landed[name], rules)
    return RepairMapping(tables)


def _table_repair(where: str, table: Table, rules: Any) -> TableRepair:
    rules = _known(where, rules, TABLE_KEYS)
    rename = _known(f"{where}.rename", rules.get("rename", {}))
    columns = _known(f"{where}.columns", rules.get("columns", {}))
    kept = {
        n for n, entry in columns.items() if not (isinstance(entry, dict) and "remove" in entry)
    }
    for name in sorted({*map(str, rename.values()), *map(str, kept)} - set(table.landed_names)):
        raise RepairMappingError(
            f"{where}: {table.full_name} has no column {name!r}, only: "
            f"{', '.join(table.landed_names)}."
        )
    return TableRepair(
        text=_replacements(f"{where}.text", rules.get("text", [])),
        drop=tuple(
            _drop(f"{where}.drop", entry) for entry in _entries(f"{where}.drop", rules.get("drop"))
        ),
        rename={str(former): str(name) for former, name in rename.items()},
        columns={
            str(name): _column_repair(f"{where}.columns.{name}", entry)
            for name, entry in columns.items()
        },
    )


def _column_repair(where: str, entry: Any) -> ColumnRepair:
    entry = _known(where, entry, COLUMN_KEYS)
    values = _known(f"{where}.values", entry.get("values", {}))
    is_removed = entry.get("remove", False)
    if not isinstance(is_removed, bool):
        raise RepairMappingError(f"{where}.remove must be true or false.")
    return ColumnRepair(
        values={str(value): _scalar(put) for value, put in values.items()},
        patterns=_replacements(f"{where}.patterns", entry.get("patterns", [])),
        default=_scalar(entry.get("default")),
        is_removed=is_removed,
    )


def _drop(where: str, entry: Any) -> Drop:
    entry = _known(where, entry, frozenset({"reason", "text", "because"}))
    because = entry.get("because")
    if not because or not ({"reason", "text"} & set(entry)):
        raise RepairMappingError(
            f"{where}: each entry says which rows (reason or text), and because of what."
        )
    text = _expression(where, entry["text"]) if "text" in entry else None
    return Drop(str(entry.get("reason", "")), text, str(because))


def _replacements(where: str, entries: Any) -> tuple[Replacement, ...]:
    found = []
    for entry in _entries(where, entries):
        entry = _known(where, entry, frozenset({"find", "put"}))
        if set(entry) != {"find", "put"}:
            raise RepairMappingError(f"{where}: each entry has find and put.")
        pattern = _expression(where, entry["find"])
        put = str(entry["put"])
        try:
            pattern.sub(put, "")
        except (re.error, IndexError) as error:
            raise RepairMappingError(f"{where}: {put!r} can't be put ({error}).") from None
        found.append(Replacement(pattern, put))
    return tuple(found)


def _expression(where: str, text: Any) -> re.Pattern[str]:
    try:
        return re.compile(str(text), re.DOTALL)
    except re.error as error:
        raise RepairMappingError(f"{where}: {text!r} is no regular expression ({error}).") from None


def _entries(where: str, entries: Any) -> list[Any]:
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise RepairMappingError(f"{where} must be a list.")
    return entries


def _known(where: str, entry: Any, keys: frozenset[str] | None = None) -> dict[Any, Any]:
    if not isinstance(entry, dict):
        raise RepairMappingError(f"{where} must have names and values.")
    if keys is not None and (unknown := sorted(map(str, set(entry) - keys))):
        raise RepairMappingError(
            f"{where} has {', '.join(unknown)}, which mean nothing here; it takes "
            f"{', '.join(sorted(keys))}."
        )
    return entry


def _scalar(value: Any) -> Any:
    # YAML makes numbers and days of what was meant as it is written.
    return value if value is None or isinstance(value, bool | list) else str(value)
