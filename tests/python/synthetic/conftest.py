"""One small world, written once and read by every test here."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from marquee.synthetic import SyntheticConfiguration, SyntheticSummary, generate

EVENT_TYPES = frozenset({
    "browse", "search", "impression", "click", "play", "pause", "seek", "buffer",
    "quality_change", "ad_start", "ad_end", "error", "stop", "heartbeat",
})  # fmt: skip


@dataclass
class World:
    """A generated world and a reader that takes no shortcuts."""

    configuration: SyntheticConfiguration
    summary: SyntheticSummary

    @property
    def landing(self) -> Path:
        return self.summary.out / "landing"

    @property
    def truth(self) -> Path:
        return self.summary.out / "truth"

    def planted(self) -> dict[str, Any]:
        planted: dict[str, Any] = json.loads((self.truth / "planted.json").read_text())
        return planted

    def table(self, source_name: str, table_name: str) -> dict[str, Any]:
        names = (source_name, table_name)
        tables = self.planted()["tables"]
        return next(t for t in tables if (t["source_name"], t["table_name"]) == names)

    def event_lines(self, *, with_resent: bool = False) -> Iterator[tuple[str, int, str]]:
        """Return file name, line number and line of all events."""
        for path in sorted((self.landing / "events/events").iterdir()):
            if with_resent or "resent" not in path.name:
                content = gzip.decompress(path.read_bytes()).decode(errors="surrogateescape")
                for number, line in enumerate(content.removesuffix("\n").split("\n"), start=1):
                    yield path.name, number, line

    @cached_property
    def good_events(self) -> list[tuple[str, dict[str, Any]]]:
        """File name and object of each event that ingestion must load."""
        return [
            (file_name, json.loads(line))
            for file_name, _, line in self.event_lines()
            if fault_of_event(line) is None
        ]

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """Each event once, as it was received first."""
        first: dict[str, dict[str, Any]] = {}
        for _, event in sorted(self.good_events, key=lambda each: each[1]["received_at"]):
            first.setdefault(event["event_id"], event)
        return list(first.values())

    def truth_rows(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a table of the truth."""
        rows: list[dict[str, Any]] = pq.read_table(self.truth / f"{name}.parquet").to_pylist()
        return rows

    def csv_rows(self, table: str, file_name: str) -> list[dict[str, str]]:
        """Return the records of a CSV file, by the names of the header."""
        content = (self.landing / table / file_name).read_bytes()
        if file_name.endswith(".gz"):
            content = gzip.decompress(content)
        return list(csv.DictReader(io.StringIO(content.decode(), newline="")))

    def tag_records(self) -> Iterator[tuple[str, int, list[str]]]:
        """Return file name, first line and fields of all tags; no header, bad bytes escaped."""
        for path in sorted((self.landing / "social/tags").iterdir()):
            content = gzip.decompress(path.read_bytes()).decode(errors="surrogateescape")
            reader = csv.reader(io.StringIO(content, newline=""), strict=True)
            next(reader)
            start = reader.line_num + 1
            for fields in reader:
                yield path.name, start, fields
                start = reader.line_num + 1


def fault_of_event(line: str) -> str | None:
    """Return what a strict reader has against a line; bytes that are not UTF-8 are escaped."""
    if not line:
        return "blank_line"
    if any("\udc80" <= sign <= "\udcff" for sign in line):
        return "bad_utf8"
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return "broken_json"
    if event["event_id"] is None:
        return "missing_event_id"
    if event["event_type"] not in EVENT_TYPES:
        return "invalid_event_type"
    if not isinstance(event.get("position_ms", 0), int):
        return "mistyped_position_ms"
    try:
        happened = at(event["event_at"])
    except ValueError:
        return "mistyped_event_at"
    if happened - at(event["received_at"]) > timedelta(minutes=60):
        return "future_event_at"
    return None


def fault_of_tag(fields: list[str]) -> str | None:
    if len(fields) != 5:
        return "too_few_fields" if len(fields) < 5 else "too_many_fields"
    if any("\udc80" <= sign <= "\udcff" for sign in fields[3]):
        return "bad_utf8"
    return None


def at(text: str) -> datetime:
    if not text.endswith("Z"):
        raise ValueError(text)
    return datetime.fromisoformat(text[:-1])


def day_of(file_name: str) -> datetime:
    return datetime.strptime(file_name.split("_")[1][:10], "%Y-%m-%d")


def days_between(file_name: str, moment: str) -> timedelta:
    """Return how long after the moment's day the file's day is."""
    return day_of(file_name) - datetime.fromisoformat(moment[:10])


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    configuration = SyntheticConfiguration(scale=0.01, seed=7, extract_interval_days=10)
    return World(configuration, generate(configuration, tmp_path_factory.mktemp("synthetic")))
