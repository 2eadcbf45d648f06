"""Each landing file has its schema and ranges, and every planted fault is found again."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .conftest import World, at, day_of, days_between, fault_of_event, fault_of_tag

QUARANTINED_EVENT_KINDS = {
    "broken_json",
    "mistyped_watched_ms",
    "mistyped_event_at",
    "invalid_event_type",
    "missing_customer_id",
}


def planted_places(world: World, table_name: str) -> dict[str, set[tuple[str, int]]]:
    places: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for row in pq.read_table(world.truth / "planted_rows.parquet").to_pylist():
        if row["table_name"] == table_name and "resent" not in row["file_name"]:
            places[row["kind"]].add((row["file_name"], row["line_number"]))
    return places


def test_a_strict_reader_finds_every_broken_event_and_no_other(world: World) -> None:
    found: dict[str, set[tuple[str, int]]] = defaultdict(set)
    row_count = 0
    for file_name, number, line in world.event_lines():
        row_count += bool(line)
        if (fault := fault_of_event(line)) is not None:
            found[fault].add((file_name, number))
    planted, places = world.table("events", "events"), planted_places(world, "events")
    assert planted["landed_row_count"] == row_count
    for kind in QUARANTINED_EVENT_KINDS | {"blank_line"}:
        assert len(found[kind]) == planted["kinds"][kind] > 0
        assert found[kind] == places[kind]
    assert planted["quarantined_row_count"] == sum(
        len(found[kind]) for kind in QUARANTINED_EVENT_KINDS
    )


def test_duplicates_and_conflicts_are_counted_exactly(world: World) -> None:
    lines = Counter(line for _, _, line in world.event_lines() if line.endswith("}"))
    planted = world.table("events", "events")
    assert planted["duplicate_row_count"] == sum(lines.values()) - len(lines) > 0
    ids = Counter(json.loads(line)["event_id"] for line in lines)
    assert planted["kinds"]["conflicting_event_id"] == sum(ids.values()) - len(ids) > 0


def test_duplicates_lie_in_the_same_and_in_later_files(world: World) -> None:
    files: dict[str, list[str]] = defaultdict(list)
    for file_name, _, line in world.event_lines():
        if line.endswith("}"):
            files[line].append(file_name)
    distances = {day_of(max(f)) - day_of(min(f)) for f in files.values() if len(f) > 1}
    assert distances == {timedelta(days=days) for days in range(4)}


def test_unknown_ids_are_counted_exactly(world: World) -> None:
    customers, titles = known_customers(world), known_titles(world)
    planted = world.table("events", "events")["kinds"]
    events = [event for _, event in world.good_events()]
    unknown = sum(event["customer_id"] not in customers for event in events)
    assert unknown == planted["unknown_customer_id"] > 0
    unknown = sum(event["title_id"] not in titles for event in events)
    assert unknown == planted["unknown_title_id"] > 0


def test_a_resent_file_is_a_copy_and_counts_apart(world: World) -> None:
    folder = world.landing / "events/events"
    (resent,) = (file for file in world.planted()["files"] if file["copy_of"])
    assert resent["file_name"].endswith("_resent.jsonl.gz")
    copy, original = folder / resent["file_name"], folder / resent["copy_of"]
    assert copy.read_bytes() == original.read_bytes()
    table = world.table("events", "events")
    assert table["resent_file_count"] == 1
    assert table["resent_row_count"] == resent["landed_row_count"]


def test_tables_are_the_sums_of_their_files(world: World) -> None:
    planted = world.planted()
    for table in planted["tables"]:
        files = [
            file
            for file in planted["files"]
            if file["source_name"] == table["source_name"]
            and file["table_name"] == table["table_name"]
            and file["copy_of"] is None
        ]
        assert table["file_count"] == len(files)
        for count in ("landed_row_count", "quarantined_row_count"):
            assert table[count] == sum(file[count] for file in files)


def test_events_have_their_schema_and_ranges(world: World) -> None:
    longest_ms = max(title["runtime_ms"] for title in all_titles(world))
    for file_name, event in world.good_events():
        assert list(event) == [
            "event_id",
            "customer_id",
            "title_id",
            "event_type",
            "watched_ms",
            "device_class",
            "event_at",
            "received_at",
        ]
        assert len(event["event_id"]) == 16
        assert event["device_class"] in {"tv", "phone", "tablet", "desktop"}
        assert (event["watched_ms"] is None) == (event["event_type"] == "click")
        assert at(event["event_at"]).date() >= world.configuration.start_date
        assert event["event_at"] < event["received_at"]
        assert days_between(file_name, event["received_at"]) >= timedelta(0)
        # Not the title's own runtime: a conflicting event carries another title's time.
        if event["watched_ms"] is not None:
            assert 0 < event["watched_ms"] <= longest_ms


def test_about_one_event_in_a_hundred_is_late_and_lies_in_a_later_file(world: World) -> None:
    late = total = later_file = 0
    for file_name, event in world.good_events():
        total += 1
        if at(event["received_at"]) - at(event["event_at"]) >= timedelta(hours=1):
            late += 1
            later_file += days_between(file_name, event["event_at"]) > timedelta(0)
    assert 0.007 < late / total < 0.013
    assert late / 2 < later_file <= late


def test_clicks_precede_watches_and_some_have_none(world: World) -> None:
    times: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for _, event in world.good_events():
        key = (event["customer_id"], event["title_id"])
        times[key][event["event_type"]].append(event["event_at"])
    single = [t for t in times.values() if len(t["click"]) == len(t["watch"]) == 1]
    preceding = sum(t["click"][0] < t["watch"][0] for t in single)
    assert preceding / len(single) > 0.9
    assert sum(not t["watch"] for t in times.values()) / len(times) > 0.1


def test_customer_extracts_grow_and_change(world: World) -> None:
    extracts = {}
    for path in sorted((world.landing / "crm/customers").iterdir()):
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        extracts[path.stem[-10:]] = {row["customer_id"]: row for row in rows}
        assert len(extracts[path.stem[-10:]]) == len(rows)
        for row in rows:
            assert row["gender"] in {"female", "male", "other", "unknown", ""}
            assert row["has_marketing_consent"] in {"true", "false"}
            assert None not in row
            assert None not in row.values()
            assert at(row["registered_at"]) < day_of(path.stem) + timedelta(days=1)
    assert list(extracts) == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
        "2026-06-30",
    ]
    first, last = extracts["2026-01-31"], extracts["2026-06-30"]
    assert len(last) == 1_000 > len(first)
    assert first.keys() < last.keys()
    for column in ("country_code", "has_marketing_consent"):
        changed = sum(first[key][column] != last[key][column] for key in first)
        assert 0 < changed < 0.1 * len(first)
    countries = Counter(row["country_code"] for row in last.values())
    assert len(countries) == 8
    assert countries["DE"] > 5 * countries["NL"]


def test_new_customers_have_no_events(world: World) -> None:
    seen = {event["customer_id"] for _, event in world.good_events()}
    truth = pq.read_table(world.truth / "customers.parquet").to_pylist()
    new = {row["customer_id"] for row in truth if not row["has_activity"]}
    assert 0.03 < len(new) / len(truth) < 0.07
    assert not new & seen
    assert new <= known_customers(world)


def test_title_extracts(world: World) -> None:
    paths = sorted((world.landing / "dam/titles").iterdir())
    assert [path.name for path in paths] == [
        "titles_2026-04-02.jsonl.gz",
        "titles_2026-06-30.jsonl.gz",
    ]
    titles, earlier = all_titles(world), titles_in(paths[0])
    assert 3 <= len(titles) - len(earlier) < 60
    assert len({title["title_id"] for title in titles}) == 500
    names = {title["title_name"] for title in titles}
    assert len(names) == 500
    assert any("," in name for name in names)
    assert any('"' in name for name in names)
    assert any(not name.isascii() for name in names)
    for title in titles:
        assert title["title_type"] in {"film", "series", "episode", "track", "live"}
        assert 1900 < title["release_year"] <= 2026
        assert 120_000 <= title["runtime_ms"] <= 4 * 3_600_000
        assert 1 <= len(set(title["genres"])) == len(title["genres"]) <= 3
        assert 0 <= len(set(title["tags"])) == len(title["tags"]) <= 4


def test_ratings(world: World) -> None:
    watched = {(event["customer_id"], event["title_id"]) for _, event in world.good_events()}
    values: dict[tuple[str, str], set[Decimal]] = defaultdict(set)
    out_of_range = total = unwatched = 0
    for path in sorted((world.landing / "social/ratings").iterdir()):
        table = pq.read_table(path)
        assert table.schema == pa.schema({
            "customer_id": pa.string(),
            "title_id": pa.string(),
            "network_name": pa.string(),
            "rating_value": pa.decimal128(3, 1),
            "rated_at": pa.timestamp("us"),
        })  # fmt: skip
        for row in table.to_pylist():
            total += 1
            assert f"{row['rated_at']:%Y-%m}" == path.stem[-7:]
            if row["rating_value"] == Decimal("9.5"):
                out_of_range += 1
                continue
            assert Decimal("0.5") <= row["rating_value"] <= 5
            assert row["rating_value"] * 2 % 1 == 0
            key = (row["customer_id"], row["title_id"])
            values[key].add(row["rating_value"])
            unwatched += key not in watched
    planted = world.table("social", "ratings")
    assert planted["landed_row_count"] == total
    assert planted["quarantined_row_count"] == out_of_range > 0
    # Only where the watch itself was broken or had not arrived.
    assert unwatched < 0.01 * total
    assert sum(len(each) > 1 for each in values.values()) > 0.01 * total


def test_a_strict_reader_finds_every_broken_tag_and_no_other(world: World) -> None:
    found: dict[str, set[tuple[str, int]]] = defaultdict(set)
    texts = set()
    row_count = 0
    for file_name, start, fields in world.tag_records():
        row_count += 1
        if (fault := fault_of_tag(fields)) is not None:
            found[fault].add((file_name, start))
        else:
            assert f"{at(fields[4]):%Y-%m}" == file_name.split("_")[1][:7]
            texts.add(fields[3])
    planted = world.table("social", "tags")
    assert planted["landed_row_count"] == row_count
    assert planted["quarantined_row_count"] == sum(len(places) for places in found.values())
    assert found == planted_places(world, "tags")
    for sign in (",", '"', "\n", "🎬"):
        assert any(sign in text for text in texts)


def all_titles(world: World) -> list[dict[str, Any]]:
    return titles_in(world.landing / "dam/titles/titles_2026-06-30.jsonl.gz")


def titles_in(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def known_titles(world: World) -> set[str]:
    return {title["title_id"] for title in all_titles(world)}


def known_customers(world: World) -> set[str]:
    path = world.landing / "crm/customers/customers_2026-06-30.csv"
    with path.open(newline="") as file:
        return {row["customer_id"] for row in csv.DictReader(file)}
