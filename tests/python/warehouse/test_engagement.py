"""Sessions, plays and their versions against a slow and obvious reference."""

import datetime as dt
import random
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.python.conftest import deployment_in, empty_lake
from tests.python.warehouse import engagement_reference as reference
from tests.python.warehouse.engagement_reference import PLAYBACK, Event

MODELS = (
    "int_device_day_versions",
    "int_session_versions",
    "int_play_segments",
    "int_play_versions",
)
START = dt.datetime(2026, 3, 1, 2, 30)
COUNTED = {
    "pause": "pause_count",
    "seek": "seek_count",
    "buffer": "rebuffer_count",
    "quality_change": "quality_change_count",
    "ad_start": "ad_count",
    "error": "error_count",
}

# Moments that meet at the limits: half hours, twenty minutes, and a millisecond beside them.
steps = st.sampled_from(
    [0, 1, 30_000, 599_999, 600_000, 1_200_000, 1_200_001, 1_800_000, 1_800_001]
)
positions = st.none() | st.sampled_from([0, 30_000, 60_000, 600_000, 1_200_000, 4_000_000])


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """What one visitor's devices sent, some of it received days later."""
    events = []
    moment = START
    for _ in range(draw(st.integers(1, 14))):
        moment += dt.timedelta(milliseconds=draw(steps))
        event_type = draw(st.sampled_from([*PLAYBACK, "play", "heartbeat", "click", "search"]))
        late = draw(st.sampled_from([0, 0, 0, 0, 1, 3, 40]))
        events.append(
            Event(
                visitor_id="c1",
                device_id=draw(st.sampled_from(["tv", "tv", "phone"])),
                event_type=event_type,
                title_id=draw(st.sampled_from(["t1", "t1", "t1", "t2", None])),
                position_ms=draw(positions),
                duration_ms=draw(st.sampled_from([None, 5_000, 60_000])),
                watched_ms=draw(st.sampled_from([1_000, 90_000]))
                if event_type == "watch"
                else None,
                event_at=moment,
                received_at=moment + dt.timedelta(days=late, seconds=1),
            )
        )
    return events


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The compiled models over tables that a test fills."""
    deployment = deployment_in(tmp_path_factory.mktemp("engagement"))
    deployment.paths.lake.symlink_to(empty_lake())
    assert deployment.dbt("compile", "--select", *MODELS)
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; create schema warehouse.enriched")
        connection.execute("""
            create table warehouse.enriched.fct_events (
                visitor_id varchar, customer_id varchar, profile_id varchar, device_id varchar,
                title_id varchar, event_type varchar, error_code varchar, device_class varchar,
                place_country_code varchar, position_ms bigint, duration_ms bigint,
                bitrate_kbps integer, watched_ms bigint, is_bot boolean, broadcast_date date,
                received_date date, event_at timestamp, load_id bigint)
        """)
        connection.execute(
            "create table warehouse.enriched.int_event_resolutions (event_id varchar)"
        )
        for model in MODELS:
            [path] = deployment.target().glob(f"compiled/**/{model}.sql")
            sql = path.read_text()
            connection.execute(f"create view warehouse.enriched.{model} as {sql}")
        yield connection


def land(engine: duckdb.DuckDBPyConnection, events: list[Event]) -> None:
    engine.execute("delete from warehouse.enriched.fct_events")
    rows = [
        (
            e.visitor_id, e.visitor_id, None, e.device_id, e.title_id, e.event_type, None, None,
            None, e.position_ms, e.duration_ms, None, e.watched_ms, False, e.broadcast_date,
            e.received_date, e.event_at, 1,
        )
        for e in events
    ]  # fmt: skip
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        engine.executemany(f"insert into warehouse.enriched.fct_events values ({marks})", rows)


def known(engine: duckdb.DuckDBPyConnection, model: str, columns: str, day: dt.date) -> list[tuple]:
    return engine.execute(
        f"select {columns} from warehouse.enriched.{model} where known_from_date <= ? "
        "and (known_to_date is null or known_to_date > ?) order by all",
        [day, day],
    ).fetchall()


def as_of_dates(events: list[Event]) -> list[dt.date]:
    received = sorted({event.received_date for event in events})
    return [received[0], *(date + dt.timedelta(days=1) for date in received)]


@given(logs())
def test_sessions_are_as_they_were_known(engine: duckdb.DuckDBPyConnection, events: list[Event]):
    land(engine, events)
    for day in as_of_dates(events):
        received = [event for event in events if event.received_date < day]
        expected = sorted(
            (
                s[0].device_id, s[0].broadcast_date, number, len(s),
                sum(e.event_type == "search" for e in s), s[0].event_at, s[-1].event_at,
            )
            for device_day in reference.device_days(received)
            for number, s in enumerate(reference.sessions(device_day), start=1)
        )  # fmt: skip
        columns = (
            "device_id, broadcast_date, session_number, event_count, search_count, started_at, "
            "ended_at"
        )
        assert known(engine, "int_session_versions", columns, day) == expected


def press(event_type: str, minute: float, position: int | None, **other: object) -> Event:
    moment = START + dt.timedelta(minutes=minute)
    values = {"title_id": "t1", "duration_ms": None, "watched_ms": None, "received_at": moment}
    return Event("c1", "tv", event_type, position_ms=position, event_at=moment, **values | other)


# Back to the start while playing: what was seen twice counts once.
@example([press("play", 0, 0), press("seek", 10, 0), press("stop", 20, 600_000)])
# The play comes late: before it, the heartbeat is no play.
@example(
    [
        press("play", 0, 0, received_at=START + dt.timedelta(days=9)),
        press("heartbeat", 10, 600_000),
        press("stop", 15, 900_000),
    ]
)
# An episode stops and the next one begins in the same instant.
@example(
    [
        press("play", 0, 0),
        press("stop", 10, 600_000),
        press("play", 10, 0, title_id="t2"),
        press("stop", 15, 300_000, title_id="t2"),
    ]
)
# Heartbeats before the play are no play, and take nothing from it.
@example(
    [
        press("heartbeat", 0, 0),
        press("heartbeat", 10, 600_000),
        press("play", 11, 0),
        press("stop", 21, 600_000),
    ]
)
@given(logs())
def test_plays_are_as_they_were_known(engine: duckdb.DuckDBPyConnection, events: list[Event]):
    chance = random.Random(len(events))  # noqa: S311 - a repeatable order, no secret
    land(engine, chance.sample(events, len(events)))
    for day in as_of_dates(events):
        received = [event for event in events if event.received_date < day]
        expected = sorted(
            (
                device_day[0].device_id, play.title_id, play.started_at, play.ended_at,
                play.watched_ms, play.startup_time_ms or -1,
                *(play.counts.get(event_type, 0) for event_type in COUNTED),
            )
            for device_day in reference.device_days(received)
            for play in reference.plays(device_day)
        )  # fmt: skip
        columns = (
            "device_id, title_id, started_at, ended_at, watched_ms, coalesce(startup_time_ms, -1), "
            + ", ".join(COUNTED.values())
        )
        assert known(engine, "int_play_versions", columns, day) == expected


@given(logs())
def test_nobody_watches_longer_than_the_clock_runs(
    engine: duckdb.DuckDBPyConnection, events: list[Event]
):
    land(engine, [event for event in events if event.event_type != "watch"])
    assert (
        engine.execute(
            "select * from warehouse.enriched.int_play_versions "
            "where watched_ms > date_diff('millisecond', started_at, ended_at)"
        ).fetchall()
        == []
    )


def test_the_reference_knows_an_evening_by_heart():
    evening = [
        press("play", 0, 0, duration_ms=900),
        press("heartbeat", 10, 600_000),
        press("pause", 12, 720_000),
        press("play", 19, 720_000),
        press("heartbeat", 29, 1_320_000),
    ]
    [play] = reference.plays(evening)
    assert (play.watched_ms, play.startup_time_ms) == (1_320_000, 900)


def test_the_reference_knows_a_binge_by_heart():
    binge = [
        press("play", 0, 0),
        press("stop", 10, 600_000),
        press("play", 10, 0, title_id="t2"),
        press("stop", 15, 300_000, title_id="t2"),
    ]
    [day] = reference.device_days(reversed(binge))
    assert [(p.title_id, p.watched_ms) for p in reference.plays(day)] == [
        ("t1", 600_000),
        ("t2", 300_000),
    ]
