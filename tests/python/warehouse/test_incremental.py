"""Incremental equals full: however the files come, the tables are those of one full build."""

import json
import random
import shutil
from collections.abc import Callable, Iterable

import pytest

from marquee.parity import DuckDBEngine, compare, models
from tests.python.conftest import Deployment

pytestmark = pytest.mark.slow

LAYERS = ("models/staging", "models/enriched", "models/features")
WHOLE = (
    "build",
    "--select",
    *LAYERS,
    "path:seeds",
    "--exclude",
    "test_type:data",
    "test_type:unit",
)
# What is made of events day by day; the evening of one customer needs no more.
EVENTS = (
    *("run", "--select", "stg_marquee__file_manifest", "stg_events__events"),
    *("int_event_resolutions", "fct_events", "int_touched_days"),
    *("int_device_day_versions", "int_session_versions", "int_play_segments", "int_play_versions"),
    *("int_customer_title_days", "fct_customer_days", "fct_sessions"),
)

RELATIONS = """
    select schema_name, table_name from duckdb_tables()
    union all
    select schema_name, view_name from duckdb_views()
"""


def differences(one: Deployment, other: Deployment) -> list[str]:
    """What differs between the tables of two deployments, lineage columns left out."""
    manifests = [deployment.target() / "manifest.json" for deployment in (one, other)]
    nodes = json.loads(manifests[0].read_text())["nodes"]
    built = {f"{schema}.{table}" for schema, table in one.query(RELATIONS)}
    engines = [DuckDBEngine(deployment.paths.warehouse) for deployment in (one, other)]
    try:
        return [
            f"{model.unique_id}: {difference}"
            for model in models(*manifests)
            if nodes[model.unique_id]["original_file_path"].startswith(LAYERS)
            and ".".join(model.left) in built
            for difference in compare(model, *engines).differences
            if "no rows on both sides" not in difference
        ]
    finally:
        for engine in engines:
            engine.close()


def build(deployment: Deployment, command: tuple[str, ...] = EVENTS) -> None:
    deployment.ingest()
    assert deployment.dbt(*command)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_files_in_any_order_and_cut_give_what_one_full_build_gives(
    built: Deployment, new_deployment: Callable[[str], Deployment], seed: int
):
    """Six builds: the files, shuffled, come in six portions, with days and extracts mixed."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable order, no secret
    files = built.landed()
    chance.shuffle(files)
    cuts = sorted(chance.sample(range(1, len(files)), 5))
    grown = new_deployment("grown")
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(files)], strict=True)):
        grown.land_from(built, files[start:end])
        grown.settings["MARQUEE_THREADS"] = str(1 + number % 2)
        build(grown, WHOLE)
    assert differences(built, grown) == []


def event(event_id: str, moment: str, event_type: str = "click", **values: object) -> dict:
    return {
        "event_id": event_id,
        "customer_id": "c1",
        "device_id": "d1",
        "title_id": "t1",
        "event_type": event_type,
        "event_at": f"{moment}Z",
        "received_at": f"{moment}Z",
    } | values


def land_events(deployment: Deployment, name: str, events: Iterable[dict]) -> None:
    deployment.land(f"events/events/{name}.jsonl", "\n".join(json.dumps(e) for e in events))


@pytest.fixture
def evening(new_deployment: Callable[[str], Deployment]) -> Deployment:
    """Two sessions of one customer, with forty minutes of silence between them; built."""
    deployment = new_deployment("evening")
    land_events(
        deployment,
        "first",
        [
            event("a", "2026-03-01T20:00:00"),
            event("b", "2026-03-01T20:01:00", "play", position_ms=0),
            event("c", "2026-03-01T20:11:00", "heartbeat", position_ms=600_000),
            event("d", "2026-03-01T20:51:00"),
            event("e", "2026-03-02T20:00:00"),
        ],
    )
    build(deployment)
    assert sessions(deployment) == [("2026-03-01", 2), ("2026-03-02", 1)]
    return deployment


def sessions(deployment: Deployment) -> list[tuple[str, int]]:
    return deployment.query(
        "select cast(broadcast_date as varchar), count(*) from enriched.fct_sessions "
        "group by all order by all"
    )


def as_if_built_at_once(
    deployment: Deployment,
    new: Callable[[str], Deployment],
    command: tuple[str, ...] = EVENTS,
    name: str = "whole",
) -> Deployment:
    whole = new(name)
    whole.land_from(deployment)
    build(whole, command)
    return whole


def up_to(model: str) -> tuple[str, ...]:
    """A build of one model and all it is made from, without tests."""
    return ("build", "--select", f"+{model}", "--exclude", "test_type:data", "test_type:unit")


def test_a_late_event_joins_two_sessions(evening: Deployment, new_deployment):
    late = event("f", "2026-03-01T20:31:00", received_at="2026-03-02T09:00:00Z")
    land_events(evening, "late", [late])
    build(evening)
    assert sessions(evening) == [("2026-03-01", 1), ("2026-03-02", 1)]
    # What was known the morning after stays known.
    assert evening.query(
        "select count(*) from enriched.int_session_versions where known_to_date = '2026-03-03'"
    ) == [(2,)]
    assert differences(evening, as_if_built_at_once(evening, new_deployment)) == []


def test_an_event_ninety_days_late_changes_its_day_and_no_other(
    evening: Deployment, new_deployment
):
    before = evening.query("from enriched.fct_customer_days where broadcast_date = '2026-03-02'")
    late = event("f", "2026-03-01T20:20:00", "stop", position_ms=900_000)
    land_events(evening, "late", [late | {"received_at": "2026-05-30T09:00:00Z"}])
    build(evening)
    assert evening.query(
        "select watched_ms from enriched.int_play_versions where known_to_date is null"
    ) == [(900_000,)]
    after = evening.query("from enriched.fct_customer_days where broadcast_date = '2026-03-02'")
    assert after == before
    assert differences(evening, as_if_built_at_once(evening, new_deployment)) == []


def test_a_file_of_duplicates_only_changes_nothing_but_the_account(
    evening: Deployment, new_deployment
):
    first = [json.loads(line) for line in (
        evening.paths.landing / "events/events/first.jsonl"
    ).read_text().splitlines()]  # fmt: skip
    before = evening.query("from enriched.fct_events order by event_id")
    land_events(evening, "again", [*reversed(first)])
    build(evening)
    assert evening.query("from enriched.fct_events order by event_id") == before
    assert evening.query(
        "select resolution, count(*) from enriched.int_event_resolutions group by all order by all"
    ) == [("exact_duplicate", 5), ("kept", 5)]
    assert differences(evening, as_if_built_at_once(evening, new_deployment)) == []


def test_an_earlier_delivery_moves_an_event_to_another_day(evening: Deployment, new_deployment):
    """The winner changes: the day that loses the event is computed anew, too."""
    earlier = event("e", "2026-02-20T20:00:00", received_at="2026-02-21T00:00:00Z")
    land_events(evening, "earlier", [earlier])
    build(evening)
    assert sessions(evening) == [("2026-02-20", 1), ("2026-03-01", 2)]
    assert differences(evening, as_if_built_at_once(evening, new_deployment)) == []


@pytest.mark.parametrize("done", ["int_event_resolutions", "fct_events", "int_session_versions"])
def test_a_run_killed_between_two_models_is_simply_run_again(
    evening: Deployment, new_deployment, done: str
):
    late = event("f", "2026-03-01T20:31:00", received_at="2026-03-02T09:00:00Z")
    land_events(evening, "late", [late, event("e", "2026-03-02T19:00:00")])
    evening.ingest()
    # As a kill leaves it: some models have the new file, and nothing was recorded at the end.
    recorded = evening.query("from audit.model_loads")
    assert evening.dbt("run", "--select", f"+{done}")
    with evening.writing() as connection:
        connection.execute("delete from audit.model_loads")
        connection.executemany(
            f"insert into audit.model_loads values ({', '.join('?' * len(recorded[0]))})", recorded
        )
    build(evening)
    assert differences(evening, as_if_built_at_once(evening, new_deployment)) == []


@pytest.mark.parametrize(
    "ahead", [("int_session_versions",), ("stg_marquee__file_manifest", "int_session_versions")]
)
def test_a_model_that_ran_ahead_of_those_before_it_catches_up(
    evening: Deployment, new_deployment, ahead: tuple[str, ...]
):
    """A part of the graph saw the new load, or its manifest, without the events in it."""
    late = event("f", "2026-03-01T20:31:00", received_at="2026-03-02T09:00:00Z")
    land_events(evening, "late", [late])
    evening.ingest()
    assert evening.dbt("run", "--select", *ahead)
    assert sessions(evening) == [("2026-03-01", 2), ("2026-03-02", 1)]
    build(evening)
    assert sessions(evening) == [("2026-03-01", 1), ("2026-03-02", 1)]
    assert differences(evening, as_if_built_at_once(evening, new_deployment)) == []


def test_a_run_before_which_nothing_was_ever_recorded_starts_from_the_beginning(
    evening: Deployment, new_deployment
):
    """The first build was killed before its end: its tables stand, nobody knows what they hold."""
    with evening.writing() as connection:
        connection.execute("delete from audit.model_loads")
    land_events(evening, "more", [event("f", "2026-03-04T20:31:00")])
    build(evening)
    assert differences(evening, as_if_built_at_once(evening, new_deployment)) == []


def test_changed_definitions_stop_the_run_before_it_writes(evening: Deployment, capsys):
    loads = evening.query("select count(*) from audit.model_loads")
    shorter = "{session_gap_minutes: 25}"
    assert not evening.dbt(*EVENTS, "--vars", shorter)
    told = capsys.readouterr().out
    assert "int_session_versions" in told
    assert "--full-refresh" in told
    assert evening.query("select count(*) from audit.model_loads") == loads
    assert evening.dbt(*EVENTS, "--vars", shorter, "--full-refresh")
    assert evening.dbt(*EVENTS, "--vars", shorter)
    assert not evening.dbt(*EVENTS)


def test_another_lake_under_the_same_warehouse_is_noticed(
    evening: Deployment, new_deployment, capsys
):
    other = new_deployment("other")
    land_events(other, "other", [event("z", "2026-03-09T20:00:00")])
    other.ingest()
    evening.paths.lake.rename(evening.paths.home / "old lake")
    other.paths.lake.rename(evening.paths.lake)
    assert not evening.dbt(*EVENTS)
    assert "The lake is not the one" in capsys.readouterr().out
    assert evening.dbt(*EVENTS, "--full-refresh")
    assert sessions(evening) == [("2026-03-09", 1)]


def test_a_build_with_nothing_new_touches_no_day(evening: Deployment):
    """Rows that were deleted behind its back stay away: nothing asks for their day again."""
    with evening.writing() as connection:
        connection.execute("delete from enriched.int_session_versions")
    build(evening)
    assert sessions(evening) == []


def test_a_lake_made_anew_from_the_same_files_is_noticed(evening: Deployment, capsys):
    shutil.rmtree(evening.paths.lake)
    evening.ingest()
    assert not evening.dbt(*EVENTS)
    assert "The lake is not the one" in capsys.readouterr().out


def test_events_are_not_taken_before_their_deliveries_are_judged(
    evening: Deployment, new_deployment
):
    """fct_events alone, while another delivery of a known event waits that will lose."""
    late = event("e", "2026-03-02T20:00:00", title_id="t9", received_at="2026-03-03T00:00:00Z")
    land_events(evening, "late", [late])
    evening.ingest()
    assert evening.dbt("run", "--select", "stg_marquee__file_manifest", "fct_events")
    build(evening)
    assert differences(evening, as_if_built_at_once(evening, new_deployment)) == []


def land_title(deployment: Deployment, day: str, runtime_ms: int) -> None:
    title = {"title_id": "t1", "title_name": "One", "title_type": "film", "runtime_ms": runtime_ms}
    deployment.land(f"dam/titles/titles_{day}.jsonl", json.dumps(title))


def test_a_corrected_running_time_is_seen_on_days_that_nothing_else_touched(
    evening: Deployment, new_deployment
):
    command = up_to("fct_title_days")
    completed = "select broadcast_date::varchar, completed_play_count from enriched.fct_title_days"
    land_title(evening, "2026-03-01", 1_200_000)
    build(evening, command)
    assert evening.query(f"{completed} order by all") == [("2026-03-01", 0), ("2026-03-02", 0)]
    land_title(evening, "2026-03-02", 620_000)
    build(evening, command)
    assert evening.query(f"{completed} order by all") == [("2026-03-01", 1), ("2026-03-02", 0)]
    # The only event of a day moves to another one: nothing is left of the day.
    earlier = event("e", "2026-02-20T20:00:00", received_at="2026-02-21T00:00:00Z")
    land_events(evening, "earlier", [earlier])
    build(evening, command)
    assert evening.query(f"{completed} order by all") == [("2026-02-20", 0), ("2026-03-01", 1)]
    build(evening)
    whole = as_if_built_at_once(evening, new_deployment)
    build(whole, command)
    assert differences(evening, whole) == []


def payment(
    payment_id: str, day: int, subscription_id: str, status: str, received: int | None = None
) -> dict:
    paid_at, received_at = (f"2026-03-{d:02}T10:00:00Z" for d in (day, received or day))
    return {
        "payment_id": payment_id,
        "subscription_id": subscription_id,
        "customer_id": "c1",
        "currency_code": "EUR",
        "payment_status": status,
        "payment_amount": 9.99,
        "paid_at": paid_at,
        "received_at": received_at,
    }


def test_deliveries_of_a_payment_may_name_two_subscriptions(new_deployment):
    """Failures before a payment are counted anew where any delivery of it may have stood."""
    deliveries = [
        [payment("p1", 1, "s1", "failed"), payment("p2", 2, "s2", "failed", received=5)],
        [payment("p3", 3, "s1", "failed"), payment("p1", 1, "s2", "failed", received=9)],
        [payment("p4", 4, "s2", "succeeded")],
        [payment("p2", 2, "s1", "failed", received=2), payment("p5", 5, "s1", "refunded")],
        [payment("p5", 5, "s1", "failed"), payment("p6", 6, "s2", "failed")],
    ]
    command = up_to("fct_payments")
    grown = new_deployment("grown")
    for number, rows in enumerate(deliveries):
        lines = "\n".join(json.dumps(row) for row in rows)
        grown.land(f"billing/payments/payments_{number}.jsonl", lines)
        build(grown, command)
        whole = as_if_built_at_once(grown, new_deployment, command, name=f"whole {number}")
        assert differences(grown, whole) == []
    assert grown.query(
        "select payment_id, subscription_id, earlier_failure_count from enriched.fct_payments "
        "order by payment_id"
    ) == [
        ("p1", "s1", 0), ("p2", "s1", 1), ("p3", "s1", 2),
        ("p4", "s2", 0), ("p5", "s1", 3), ("p6", "s2", 0),
    ]  # fmt: skip
