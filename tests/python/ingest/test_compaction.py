"""Small files become one; every reader sees every row exactly once, before, after and meanwhile."""

import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from marquee.builds import keys_in_use
from marquee.engine import connect
from marquee.ingest.compaction import Compaction, compact
from marquee.ingest.lake import EMPTY, FILE_KEY, GENERATION_KEY
from marquee.log import LOG
from marquee.pipeline import ExitCode
from marquee.store import StoreError
from tests.python.conftest import Deployment, deployment_in
from tests.python.quarantine.test_workflow import accounts, edit, repair, run_replay
from tests.python.test_cli import marquee as marquee  # a fixture
from tests.python.test_faults import Point, copied, die

TABLES = (
    "crm.customers",
    "restricted.crm_customers",
    "dam.titles",
    "dam.title_genres",
    "events.events",
    "restricted.events_events",
)
EMPTY_LISTS = ("dam.title_tags", "dam.title_talents", "dam.licence_windows")
MERGED = {"2026-01": 1, "2026-02": 1, "2026-03": 2}
"""Files a month of what `service` landed."""


def event(number: int, day: str, **fields: str) -> str:
    return json.dumps(
        {
            "event_id": f"e{number}",
            "customer_id": f"c{number % 3}",
            "event_type": "play",
            "ip_address": "198.18.7.9",
            "event_at": f"{day}T10:{number % 60:02}:00Z",
            "received_at": f"{day}T11:00:00Z",
        }
        | fields
    )


def land_days(deployment: Deployment, month: str, *days: int) -> None:
    """An extract of customers and one of titles a day, and events of which one is faulty."""
    for day in days:
        date = f"{month}-{day:02}"
        customers = "".join(f"c{number},Name {number} of {date},DE\n" for number in range(3))
        deployment.land(
            f"crm/customers/customers_{date}.csv",
            f"customer_id,full_name,country_code\n{customers}",
        )
        title = {"title_name": date, "title_type": "film", "genres": ["Drama", "War"]}
        titles = [json.dumps(title | {"title_id": f"t{number}"}) for number in range(2)]
        deployment.land(f"dam/titles/titles_{date}.jsonl", "\n".join(titles))
        first = int(month[-2:]) * 1000 + day * 10
        events = [event(first + number, date) for number in range(3)]
        faulty = event(first + 3, date, event_at="never")
        deployment.land(f"events/events/{date}.jsonl", "\n".join([*reversed(events), faulty]))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Two closed months and an open one, in small files."""
    deployment = deployment_in(tmp_path_factory.mktemp("service") / "home")
    land_days(deployment, "2026-01", 1, 2, 3)
    land_days(deployment, "2026-02", 1, 2)
    land_days(deployment, "2026-03", 1, 2)
    deployment.ingest()
    return deployment


@pytest.fixture
def ingested(service: Deployment, tmp_path: Path) -> Deployment:
    copied(service, tmp_path / "home")
    # Also the home of the command of the fixture `marquee`.
    return deployment_in(tmp_path / "home")


def rows(deployment: Deployment) -> dict[str, list[tuple]]:
    return {name: deployment.lake_rows(name) for name in TABLES}


def files(deployment: Deployment, table: str = "events/events") -> dict[str, int]:
    """How many files stand in each month folder."""
    found: dict[str, int] = {}
    for path in sorted((deployment.paths.lake / table).glob("*/*.parquet")):
        if path.name != EMPTY:
            month = path.parent.name.removeprefix("batch_month=")
            found[month] = found.get(month, 0) + 1
    return found


def compact_at_once(deployment: Deployment, **arguments: int) -> Compaction:
    """Compact, and wait for no reader."""
    return compact(deployment.lake, grace_seconds=0, **arguments)


@contextmanager
def at_each_line(act: Callable[[], None]) -> Iterator[None]:
    """Do something at each line of the log that says what has been done."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.getMessage().startswith("placing"):
                act()

    handler, level = Handler(), LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(level)


def test_closed_months_are_merged_the_newest_is_left_and_no_row_changes(ingested: Deployment):
    before = rows(ingested)
    assert files(ingested) == {"2026-01": 3, "2026-02": 2, "2026-03": 2}
    done = compact_at_once(ingested)
    assert rows(ingested) == before
    assert [len(merge.files) for merge in done.merges] == [3, 2] * 3
    for name in TABLES:
        assert files(ingested, name.replace(".", "/")) == MERGED
        assert (done.before[name].file_count, done.after[name].file_count) == (7, 4)
        assert done.merged_counts[name] == 3
    assert done.row_count == 5 * (3 + 2 + 3)
    assert done.waiting_count == 0
    again = compact_at_once(ingested)
    assert (again.merges, again.removed_count, again.waiting_count) == ([], 0, 0)
    vault = (ingested.paths.lake / "restricted").glob("c*/*-01/*")
    assert [path.stat().st_mode & 0o777 for path in vault] == [0o600]


def test_merged_rows_stand_in_the_order_of_time_and_extracts_one_after_the_other(
    ingested: Deployment,
):
    compact_at_once(ingested)
    [events] = (ingested.paths.lake / "events/events/batch_month=2026-01").glob("*")
    [extracts] = (ingested.paths.lake / "crm/customers/batch_month=2026-01").glob("*")
    with connect() as connection:
        times = connection.execute(f"select event_at from '{events}'").fetchall()
        keys = connection.execute(f"select {FILE_KEY}, _row_number from '{extracts}'").fetchall()
    assert times == sorted(times)
    assert len(times) == 9
    days = [key.partition(".")[0].rpartition("-")[2] for key, _ in keys]
    assert days == [f"2026010{day}" for day in (1, 2, 3) for _ in range(3)]
    assert [number for _, number in keys] == [1, 2, 3] * 3


def test_a_reader_with_any_manifest_sees_every_row_once_at_every_step(ingested: Deployment):
    """With the present manifest, and with each of those before, as a build that has begun."""
    lake = ingested.lake
    manifests: dict[tuple, int] = {}
    found: dict[str, set[tuple]] = {name: set() for name in TABLES}

    def look() -> None:
        with connect() as connection:
            query = f"select file_key, {GENERATION_KEY} from {lake.manifest()} order by all"
            manifests.setdefault(tuple(connection.execute(query).fetchall()), len(manifests))
            keys = [(number, *row) for manifest, number in manifests.items() for row in manifest]
            columns = zip(("number", "file_key", "key"), zip(*keys, strict=True), strict=True)
            connection.register("manifests", pa.table({n: list(v) for n, v in columns}))
            for name in TABLES:
                table = lake.contract.table(*name.split("."))
                packed = ", ".join(f"rows.{column.name}" for column in table.columns)
                digests = connection.execute(
                    f"select count(*), sum(hash({packed}, file_key, _row_number)) from manifests "
                    f"inner join {lake.files(table)} as rows on manifests.key = rows.{FILE_KEY} "
                    "group by number"
                ).fetchall()
                assert len(digests) == len(manifests)
                found[name].update(digests)

    look()
    with at_each_line(look):
        compact(lake)
    look()
    assert len(manifests) == 1 + 15
    assert {name: len(digests) for name, digests in found.items()} == dict.fromkeys(TABLES, 1)


class KilledError(BaseException):
    """Nothing catches it."""


def test_killed_at_any_step_the_same_command_completes_it(service: Deployment, tmp_path: Path):
    tables = ("crm/customers", "restricted/crm_customers")
    start = deployment_in(tmp_path / "start")
    for path in service.landed():
        if (
            path.name.startswith("customers_")
            and path.name < "customers_2026-02-02.csv"
            and "-03." not in path.name
        ):
            start.land(path.relative_to(service.paths.landing).as_posix(), path.read_bytes())
    start.ingest()

    def state(deployment: Deployment) -> list[list[tuple]]:
        return [deployment.lake_rows(table.replace("/", ".")) for table in tables]

    def killed_at(step: int) -> Deployment | None:
        deployment, left = copied(start, tmp_path / str(step)), step

        def die_in_time() -> None:
            nonlocal left
            left -= 1
            if not left:
                raise KilledError

        try:
            with at_each_line(die_in_time):
                compact_at_once(deployment)
        except KilledError:
            return deployment
        return None

    step = 1
    while deployment := killed_at(step):
        assert state(deployment) == state(start)
        assert compact_at_once(deployment).waiting_count == 0
        assert state(deployment) == state(start)
        for table in tables:
            assert files(deployment, table) == {"2026-01": 1, "2026-02": 1}
        assert compact_at_once(deployment).merges == []
        step += 1
    # Two files and two manifest rows were placed, four files removed.
    assert step == 2 + 2 + 4 + 1


def test_a_process_that_is_killed_while_it_switches_is_run_again(ingested: Deployment):
    before = rows(ingested)
    die(ingested, Point("placed .*/_manifest/", 2), "compact")
    assert rows(ingested) == before
    assert ingested.ledger("manifest", "count(generation_key)") == [(2,)]
    compact_at_once(ingested)
    assert rows(ingested) == before
    assert files(ingested, "crm/customers") == MERGED


def test_what_was_merged_is_known_and_late_files_are_merged_with_it(ingested: Deployment):
    compact_at_once(ingested)
    content = (ingested.paths.landing / "events/events/2026-01-02.jsonl").read_bytes()
    ingested.land("events/events/copy.jsonl", content)
    report = ingested.ingest()
    assert (len(report.loaded), len(report.known)) == (0, 3 * 7 + 1)
    land_days(ingested, "2026-01", 9)
    ingested.ingest()
    before = rows(ingested)
    assert len(before["events.events"]) == 8 * 3
    assert files(ingested)["2026-01"] == 2
    done = compact_at_once(ingested)
    assert [(merge.month, len(merge.files)) for merge in done.merges] == [
        ("batch_month=2026-01", 4)
    ] * 3
    assert rows(ingested) == before
    assert files(ingested) == MERGED
    assert compact_at_once(ingested).merges == []


def test_merged_files_have_no_more_rows_than_they_may(ingested: Deployment):
    before = rows(ingested)
    compact_at_once(ingested, rows=6)
    assert files(ingested) == {"2026-01": 2, "2026-02": 1, "2026-03": 2}
    assert files(ingested, "dam/titles") == {"2026-01": 1, "2026-02": 1, "2026-03": 2}
    assert compact_at_once(ingested, rows=6).merges == []
    assert compact_at_once(ingested, rows=3).merges == []
    assert rows(ingested) == before


def test_files_are_kept_while_somebody_may_read_them(ingested: Deployment):
    [(first,)] = ingested.ledger(
        "manifest", "min(file_key) filter (where file_name = 'events/events/2026-01-01.jsonl')"
    )
    done = compact(ingested.lake)
    superseded = done.waiting_count
    assert (done.removed_count, superseded) == (0, 5 * (len(TABLES) + len(EMPTY_LISTS)))
    for path in ingested.paths.lake.rglob("*.parquet"):
        os.utime(path, times=(time.time() - 4000,) * 2)
    assert compact(ingested.lake, keys_in_use=None).waiting_count == superseded
    done = compact(ingested.lake, keys_in_use=[first])
    # Its events, and the addresses in the vault.
    assert (done.removed_count, done.waiting_count) == (superseded - 2, 2)
    assert files(ingested) == MERGED | {"2026-01": 2}
    assert compact(ingested.lake).removed_count == 2


def test_the_warehouse_tells_which_rows_it_reads(deployment: Deployment):
    manifest = "staging.stg_marquee__file_manifest"
    assert keys_in_use(deployment.paths) == set()
    deployment.paths.home.mkdir(exist_ok=True)
    with deployment.writing() as connection:
        connection.execute("create schema staging")
    assert keys_in_use(deployment.paths) == set()
    with deployment.writing() as connection:
        connection.execute(f"create table {manifest} as select 'f' as file_key")
    assert keys_in_use(deployment.paths) == {"f"}
    with deployment.writing() as connection:
        connection.execute(f"alter table {manifest} add column generation_key text default 'f.g'")
    assert keys_in_use(deployment.paths) == {"f.g"}


def test_a_manifest_of_before_there_were_generations_is_read(ingested: Deployment):
    before = rows(ingested)
    for path in (ingested.paths.lake / "_manifest").glob("*.parquet"):
        if path.name != EMPTY:
            older = path.with_suffix(".older")
            duckdb.sql(
                f"copy (select * exclude (generation_key) from '{path}') to '{older}' "
                "(format parquet)"
            )
            older.replace(path)
    compact_at_once(ingested)
    assert rows(ingested) == before
    assert files(ingested) == MERGED


def test_a_lake_that_lost_rows_is_told_and_nothing_of_them_is_merged(ingested: Deployment):
    next((ingested.paths.lake / "events/events/batch_month=2026-02").glob("*")).unlink()
    with pytest.raises(StoreError, match=r"events.events in batch_month=2026-02 .* 3 rows .* 6"):
        compact_at_once(ingested)
    kept = "count(generation_key) filter (where starts_with(file_name, 'events/events/2026-02'))"
    assert ingested.ledger("manifest", kept) == [(0,)]
    assert files(ingested)["2026-02"] == 1


def test_what_was_repaired_and_merged_is_accounted_for(ingested: Deployment):
    path = repair(ingested)

    def repaired(line: dict) -> dict:
        record = line["record"]
        return line | {"record": record | {"event_at": record["received_at"]}}

    edit(path, repaired)
    run_replay(ingested, path)
    before, account = rows(ingested), accounts(ingested)
    assert account == (7 * (3 + 2 + 4), 7 * (3 + 2 + 4), 0, 0)
    compact_at_once(ingested)
    assert (rows(ingested), accounts(ingested)) == (before, account)
    assert files(ingested)["2026-01"] == 1


def test_the_command_tells_what_it_would_do_and_what_it_did(marquee, ingested: Deployment):
    values = ingested.paths.environment()
    told = marquee("compact", "--dry-run", **values).output
    assert "events.events                 7     4" in told
    assert files(ingested) == {"2026-01": 3, "2026-02": 2, "2026-03": 2}
    told = marquee("compact", **values).output
    assert "40 rows moved" in told
    assert "45 files are not needed any more" in told
    result = marquee("compact", **values)
    assert result.exit_code == ExitCode.DONE
    assert "there is nothing to merge" in result.output
