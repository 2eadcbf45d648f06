"""Each landing file has its schema and ranges, and every planted fault is found again."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import World, at, day_of, days_between, fault_of_event, fault_of_tag

QUARANTINED_EVENT_KINDS = {
    "broken_json",
    "mistyped_position_ms",
    "mistyped_event_at",
    "invalid_event_type",
    "missing_event_id",
    "bad_utf8",
    "future_event_at",
}
BOT_WORDS = ("bot.html", "bingbot", "AhrefsBot", "YandexBot")


def planted_places(world: World, table_name: str) -> dict[str, set[tuple[str, int]]]:
    places: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for row in world.truth_rows("planted_rows"):
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
    assert planted["loaded_row_count"] == row_count - planted["quarantined_row_count"]


def test_the_account_of_events_is_true_to_the_row(world: World) -> None:
    account = world.planted()["events"]
    loaded = [event for _, event in world.good_events]
    copies = Counter(json.dumps(event, sort_keys=True) for event in loaded)
    assert account["exact_duplicates"] == sum(copies.values()) - len(copies) > 0
    ids = Counter(event["event_id"] for event in map(json.loads, copies))
    assert account["superseded"] == sum(ids.values()) - len(ids) > 0
    kept = world.events
    assert account["kept"] == len(kept) == len(ids)
    bots = [e for e in kept if any(word in e["user_agent"] for word in BOT_WORDS)]
    assert account["bots"] == len(bots) > 0.005 * len(kept)
    assert not any("customer_id" in event or "device_id" in event for event in bots)
    assert {event["event_type"] for event in bots} == {"impression", "click"}
    assert account["anonymous"] == sum("customer_id" not in e for e in kept) - len(bots) > 0
    late = sum(at(e["received_at"]) - at(e["event_at"]) >= timedelta(hours=1) for e in kept)
    assert account["late"] == late
    customers, titles = known_customers(world), known_titles(world)
    unknown = sum(event.get("customer_id", "c000000") not in customers for event in kept)
    assert account["unknown_customers"] == unknown > 0
    unknown = sum(event.get("title_id", "t00000") not in titles for event in kept)
    assert account["unknown_titles"] == unknown > 0


def test_what_supersedes_comes_strictly_later_and_says_something_else(world: World) -> None:
    versions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _, event in world.good_events:
        versions[event["event_id"]].append(event)
    for several in versions.values():
        distinct = {json.dumps(event, sort_keys=True): event for event in several}
        if len(distinct) > 1:
            first, second = sorted(distinct.values(), key=lambda e: e["received_at"])
            assert first["received_at"] < second["received_at"]
            assert first.get("position_ms") != second["position_ms"]


def test_duplicates_lie_in_the_same_and_in_later_files(world: World) -> None:
    files: dict[str, list[str]] = defaultdict(list)
    for file_name, _, line in world.event_lines():
        if line.endswith("}"):
            files[line].append(file_name)
    distances = {day_of(max(f)) - day_of(min(f)) for f in files.values() if len(f) > 1}
    assert distances == {timedelta(days=days) for days in range(4)}


def test_a_file_that_is_resent_has_the_same_bytes(world: World) -> None:
    [again] = [file for file in world.planted()["files"] if file["copy_of"]]
    folder = world.landing / "events/events"
    assert (folder / again["file_name"]).read_bytes() == (folder / again["copy_of"]).read_bytes()
    assert world.table("events", "events")["resent_row_count"] == again["landed_row_count"]


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


def test_events_are_late_from_an_hour_to_months(world: World) -> None:
    delays = [at(e["received_at"]) - at(e["event_at"]) for e in world.events]
    late = sorted(delay for delay in delays if delay >= timedelta(hours=1))
    assert 0.007 < len(late) / len(delays) < 0.013
    assert late[len(late) // 2] < timedelta(days=2)
    assert timedelta(days=20) < late[-1] <= timedelta(days=90, hours=1)
    # Some clocks are wrong, but not so much that an event is refused.
    assert timedelta(minutes=-60) < min(delays) < timedelta(minutes=-5)
    for file_name, event in world.good_events:
        assert days_between(file_name, event["received_at"]) >= timedelta(0)


def test_a_column_appears_that_the_contract_does_not_know(world: World) -> None:
    first = world.configuration.start_date + timedelta(days=120)
    for _, event in world.good_events:
        is_new = at(event["received_at"]).date() >= first
        is_bot = any(word in event["user_agent"] for word in BOT_WORDS)
        assert ("player_build" in event) == (is_new and not is_bot)


def test_some_customers_log_in_late_and_some_never(world: World) -> None:
    devices: dict[str, set[bool]] = defaultdict(set)
    for event in world.events:
        if "device_id" in event:
            devices[event["device_id"]].add("customer_id" in event)
            assert ("profile_id" in event) <= ("customer_id" in event)
    assert sum(len(known) == 2 for known in devices.values()) > 10
    assert any("customer_id" not in e and e["event_type"] == "heartbeat" for e in world.events)


def test_customer_extracts_grow_and_change_and_change_back(world: World) -> None:
    names = sorted(path.name for path in (world.landing / "crm/customers").iterdir())
    assert len(names) == 18
    assert names[-1] == "customers_2026-06-30.csv"
    extracts = []
    for name in names:
        rows = world.csv_rows("crm/customers", name)
        extracts.append({row["customer_id"]: row for row in rows})
        assert len(extracts[-1]) == len(rows)
        for row in rows:
            assert row["gender"] in {"female", "male", "other", "unknown", ""}
            assert row["has_marketing_consent"] in {"true", "false"}
            assert None not in row
            assert None not in row.values()
            assert at(row["registered_at"]) < day_of(name.removesuffix(".csv")) + timedelta(days=1)
    first, last = extracts[0], extracts[-1]
    assert len(last) == 1_000 > len(first)
    assert first.keys() < last.keys()
    for column in ("country_code", "has_marketing_consent"):
        changed = sum(first[key][column] != last[key][column] for key in first)
        assert 0 < changed < 0.15 * len(first)
    stays = {
        key: [k for k, _ in groupby(e[key]["country_code"] for e in extracts if key in e)]
        for key in last
    }
    assert any(len(each) == 3 and each[0] == each[2] for each in stays.values())
    countries = Counter(row["country_code"] for row in last.values())
    assert len(countries) == 8
    assert countries["DE"] > 5 * countries["NL"]


def test_new_customers_have_no_events(world: World) -> None:
    seen = {event.get("customer_id") for event in world.events}
    truth = world.truth_rows("customers")
    new = {row["customer_id"] for row in truth if not row["has_activity"]}
    assert 0.02 < len(new) / len(truth) < 0.07
    assert not new & seen
    assert new <= known_customers(world)


def test_ratings(world: World) -> None:
    played = {(event.get("customer_id"), event.get("title_id")) for event in world.events}
    values: dict[tuple[str, str], set[Decimal]] = defaultdict(set)
    out_of_range = total = unplayed = 0
    for path in sorted((world.landing / "social/ratings").iterdir()):
        table = pq.read_table(path)
        assert table.schema == pa.schema({
            "customer_id": pa.string(),
            "title_id": pa.string(),
            "network_name": pa.string(),
            "rating_value": pa.decimal128(3, 1),
            "rated_at": pa.timestamp("us"),
            "received_at": pa.timestamp("us"),
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
            unplayed += key not in played
    planted = world.table("social", "ratings")
    assert planted["landed_row_count"] == total
    assert planted["quarantined_row_count"] == out_of_range > 0
    # Only where all events of the play were broken or had not arrived.
    assert unplayed < 0.01 * total
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


@pytest.mark.parametrize(
    ("table", "suffix"), [("contacts/service_cases", ".jsonl"), ("social/posts", ".jsonl")]
)
def test_a_strict_reader_finds_every_broken_json_line(
    world: World, table: str, suffix: str
) -> None:
    source_name, table_name = table.split("/")
    planted, places = world.table(source_name, table_name), planted_places(world, table_name)
    found: dict[str, set[tuple[str, int]]] = defaultdict(set)
    lines: list[str] = []
    for path in sorted((world.landing / table).iterdir()):
        assert path.suffix == suffix
        text = path.read_bytes().decode(errors="surrogateescape").removesuffix("\n")
        for number, line in enumerate(text.split("\n"), start=1):
            lines.append(line)
            if any("\udc80" <= sign <= "\udcff" for sign in line):
                found["bad_utf8"].add((path.name, number))
            elif not line.endswith("}"):
                found["broken_json"].add((path.name, number))
            elif json.loads(line).get("case_status") == "lost":
                found["invalid_case_status"].add((path.name, number))
    assert planted["landed_row_count"] == len(lines)
    assert planted["quarantined_row_count"] == sum(map(len, found.values())) > 0
    assert planted["duplicate_row_count"] == len(lines) - len(set(lines)) > 0
    del places["duplicate_row"]
    assert found == places


@pytest.mark.parametrize("table_name", ["payments", "retention_offers"])
def test_a_strict_reader_finds_every_broken_csv_record(world: World, table_name: str) -> None:
    source_name = "billing" if table_name == "payments" else "contacts"
    found: dict[str, set[tuple[str, int]]] = defaultdict(set)
    records = []
    for path in sorted((world.landing / source_name / table_name).iterdir()):
        reader = csv.reader(io.StringIO(path.read_text(), newline=""), strict=True)
        width = len(next(reader))
        for fields in reader:
            records.append(tuple(fields))
            if len(fields) != width:
                kind = "too_few_fields" if len(fields) < width else "too_many_fields"
                found[kind].add((path.name, reader.line_num))
            elif "abc" in fields:
                found["mistyped_payment_amount"].add((path.name, reader.line_num))
    planted, places = world.table(source_name, table_name), planted_places(world, table_name)
    assert planted["landed_row_count"] == len(records)
    assert planted["duplicate_row_count"] == len(records) - len(set(records)) > 0
    del places["duplicate_row"]
    assert found == places
    assert planted["quarantined_row_count"] == sum(map(len, found.values())) > 0


def test_ad_events(world: World) -> None:
    rows = []
    for path in sorted((world.landing / "ads/ad_events").iterdir()):
        table = pq.read_table(path)
        assert table.schema.field("serving_probability").type == pa.decimal128(9, 8)
        for row in table.to_pylist():
            assert row["received_at"].date() <= date.fromisoformat(path.stem[-10:])
            rows.append(row)
    planted = world.table("ads", "ad_events")
    assert planted["landed_row_count"] == len(rows)
    unknown = sum(row["ad_event_type"] == "rewind" for row in rows)
    assert planted["quarantined_row_count"] == unknown > 0
    copies = Counter(tuple(row.values()) for row in rows)
    assert planted["duplicate_row_count"] == sum(copies.values()) - len(copies) > 0
    served = [row for row in rows if row["ad_event_type"] == "served"]
    assert all(0 < row["serving_probability"] < 1 for row in served)
    others = [row for row in rows if row["ad_event_type"] not in ("served", "rewind")]
    assert all(row["serving_probability"] is None for row in others)
    assert {row["break_type"] for row in rows} == {"pre_roll", "mid_roll", "post_roll"}


def known_titles(world: World) -> set[str]:
    return {row["title_id"] for row in world.truth_rows("titles")}


def known_customers(world: World) -> set[str]:
    rows = world.csv_rows("crm/customers", "customers_2026-06-30.csv")
    return {row["customer_id"] for row in rows}
