"""One small world, written once and read by every test here."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from marquee.synthetic import SyntheticConfiguration, SyntheticSummary, generate


@dataclass(frozen=True)
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
                content = gzip.decompress(path.read_bytes()).decode()
                for number, line in enumerate(content.removesuffix("\n").split("\n"), start=1):
                    yield path.name, number, line

    def good_events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return file name and object of each event that ingestion must load."""
        for file_name, _, line in self.event_lines():
            if fault_of_event(line) is None:
                yield file_name, json.loads(line)

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
    """Return what a strict reader has against a line."""
    if not line:
        return "blank_line"
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return "broken_json"
    if event["customer_id"] is None:
        return "missing_customer_id"
    if event["event_type"] not in ("click", "watch"):
        return "invalid_event_type"
    if event["watched_ms"] is not None and not isinstance(event["watched_ms"], int):
        return "mistyped_watched_ms"
    try:
        at(event["event_at"])
    except ValueError:
        return "mistyped_event_at"
    return None


def fault_of_tag(fields: list[str]) -> str | None:
    if len(fields) != 5:
        return "too_few_fields" if len(fields) < 5 else "too_many_fields"
    if any("\udc80" <= sign <= "\udcff" for sign in fields[3]):
        return "bad_utf8"
    return None


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def day_of(file_name: str) -> datetime:
    return datetime.strptime(file_name.split("_")[1][:10], "%Y-%m-%d")


def days_between(file_name: str, moment: str) -> timedelta:
    """Return how long after the moment's day the file's day is."""
    return day_of(file_name) - datetime.fromisoformat(moment[:10])


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    configuration = SyntheticConfiguration(scale=0.01, seed=7)
    return World(configuration, generate(configuration, tmp_path_factory.mktemp("synthetic")))
