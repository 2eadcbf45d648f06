"""Who is forgotten is gone everywhere, does not come back, and takes nobody else along."""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marquee.contract import Load
from marquee.engine import connect, parquet
from marquee.forgetting import (
    Customers,
    Forgetting,
    forget_in_lake,
    remove_builds,
    remove_older_versions,
    search_everywhere,
)
from marquee.forgetting import erasure as erasure_module
from marquee.ingest import Lake
from marquee.ingest import lake as lake_module
from marquee.ingest.compaction import compact
from tests.python.conftest import HASH_KEY, Deployment, deployment_in, environment
from tests.python.leaks import files_below, texts

pytestmark = pytest.mark.slow

GONE = ("c000003", "c000011", "nobody")
OF_THE_FILE = {"file_key", "_file_key", "row_number", "_row_number", "line_number", "load_id"}
OF_THE_RUN = {
    "ingested_at",
    "lake_path",
    "generation_key",
    "content_sha256",
    "byte_count",
    "file_name",
}


def forget(deployment: Deployment, *ids: str, retire_models: bool = False) -> Forgetting:
    with environment({"MARQUEE_HASH_KEY": HASH_KEY}):
        customers = Customers(ids or GONE)
        done = forget_in_lake(deployment.paths, deployment.lake, customers, retire_models)
        search_everywhere(deployment.paths, deployment.lake, customers, done)
        return done


def state(deployment: Deployment, without: Iterable[str] = ()) -> dict[str, list[tuple]]:
    """All rows of the lake but those of the registry, by table."""
    found = {}
    with connect() as connection:
        for table in deployment.lake.contract.all():
            names = [column.name for column in table.columns if column.name not in set(without)]
            if table.load is not Load.INTERNAL:
                names += [name for name in ("_file_key", "_row_number") if name not in without]
            if table.name.startswith("model_"):
                continue
            found[table.full_name] = connection.execute(
                f"select {', '.join(names)} from {deployment.lake.files(table)} order by all"
            ).fetchall()
    return found


def of_others(rows: dict[str, list[tuple]], left: dict[str, list[tuple]]) -> None:
    """Nothing new, and of what is gone every row named somebody."""
    for name, before in rows.items():
        if name.startswith("marquee."):
            continue  # these count, and have no customers
        gone = set(before) - set(left[name])
        assert set(left[name]) <= set(before)
        if name not in ("restricted.events_events", "restricted.social_posts"):
            assert all(set(GONE) & set(row) or any(i in str(row) for i in GONE) for row in gone)


def event(event_id: str, customer_id: str, event_type: str) -> str:
    fields = {
        "event_id": event_id,
        "customer_id": customer_id,
        "event_type": event_type,
        "event_at": "2026-06-20T10:00:00Z",
        "received_at": "2026-06-20T10:00:01Z",
    }
    return json.dumps(fields) + "\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A small service, with faulty records of those who will be forgotten in two formats."""
    deployment = deployment_in(tmp_path_factory.mktemp("service"))
    deployment.generate(scale=0.002, days=14, extract_interval_days=7)
    shutil.rmtree(deployment.paths.home / "truth")
    deployment.land(
        "events/events/faulty.jsonl",
        event("x1", GONE[0], "no such")
        + event("x2", f"{GONE[0]}0", "no such")
        + event("x3", GONE[1], "play")
        + event("x4", "c9", "play")
        + f"not JSON at all, {GONE[1]}\n",
    )
    deployment.land(
        "crm/customers/customers_2026-06-29.csv",
        f'customer_id,full_name\n"{GONE[0]}","Line\nBreak"\n{GONE[1]},\xe9,too,many\n'
        'c0,"Some ""One"""\n',
    )
    deployment.ingest()
    return deployment


@pytest.fixture
def forgetful(service: Deployment, tmp_path: Path) -> Deployment:
    """A copy to forget in."""
    shutil.copytree(service.paths.home, tmp_path / "home")
    return deployment_in(tmp_path / "home")


def test_they_are_nowhere_and_all_others_are_as_before(forgetful: Deployment):
    before = state(forgetful)
    done = forget(forgetful)
    assert done.remaining == {}
    assert done.unreadable_files == []
    assert {"crm.customers", "restricted.crm_customers", "events.events"} <= set(done.row_counts)
    assert done.row_counts["marquee.quarantined_rows"] == 3
    assert "events/events/faulty.jsonl" in done.landed_files
    after = state(forgetful)
    of_others(before, after)
    # Whoever has a longer id is somebody else.
    assert any(f'"{GONE[0]}0"' in text for (text,) in forgetful.quarantined("raw_text"))
    # No byte of any file names them: neither of the lake, nor of what landed.
    for path in files_below([forgetful.paths.home]):
        for text in texts(path):
            assert not any(f'"{gone}"' in text or f"\n{gone}," in text for gone in GONE), path


def test_the_lake_is_what_a_new_one_from_the_same_landing_is(forgetful: Deployment, tmp_path: Path):
    forget(forgetful)
    anew = deployment_in(tmp_path / "anew")
    anew.land_from(forgetful)
    anew.ingest()
    without = OF_THE_FILE | OF_THE_RUN
    found, expected = state(forgetful, without), state(anew, without)
    assert [name for name in found if found[name] != expected[name]] == []
    assert forgetful.ledger("manifest", "content_sha256, byte_count") == anew.ledger(
        "manifest", "content_sha256, byte_count"
    )


def test_landed_is_loaded_and_quarantined_still(forgetful: Deployment):
    forget(forgetful)
    manifest = {
        key: counts
        for key, *counts in forgetful.ledger(
            "manifest", "file_key, landed_row_count, loaded_row_count, quarantined_row_count"
        )
    }
    quarantined = [key for (key,) in forgetful.ledger("quarantine", "file_key")]
    for table in forgetful.lake.contract.landed():
        for path in forgetful.lake.folder(table).glob("*/*.parquet"):
            if path.stem in manifest:
                counts = [pq.read_metadata(path).num_rows, quarantined.count(path.stem)]
                assert manifest[path.stem] == [sum(counts), *counts]


def test_nothing_returns_with_the_files_as_they_were(service: Deployment, forgetful: Deployment):
    forget(forgetful)
    after = state(forgetful)
    assert forgetful.ingest().loaded == []
    for path in service.landed():
        name = path.relative_to(service.paths.landing).as_posix()
        forgetful.land(name.replace(path.name, f"again_{path.name}"), path.read_bytes())
    report = forgetful.ingest()
    assert (report.loaded, report.rejected) == ([], [])
    assert {name.replace("again_", "") for name in report.forgotten} == set(
        forget(forgetful).landed_files or [name.replace("again_", "") for name in report.forgotten]
    )
    assert state(forgetful) == after
    assert forget(forgetful).remaining == {}


def test_a_late_file_brings_nobody_back(forgetful: Deployment):
    forget(forgetful)
    row = {"network_name": "filmbox", "entity_type": "title", "entity_id": "t1"}
    table = forgetful.lake.contract.table("billing", "payments")
    columns = {
        "payment_id": ["p1", "p2", "p3"],
        "customer_id": [GONE[0], "c000001", GONE[1]],
        **{
            column.name: [_value(column.data_type, column.valid_values)] * 3
            for column in table.landed_columns
            if column.name not in ("payment_id", "customer_id")
        },
    }
    path = forgetful.land("billing/payments/late.parquet", b"")
    pq.write_table(pa.table(columns), path, row_group_size=1)
    report = forgetful.ingest()
    assert report.forgotten == {"billing/payments/late.parquet": 2}
    assert [item.loaded_row_count for item in report.loaded] == [1], row
    assert pq.read_table(path)["customer_id"].to_pylist() == ["c000001"]
    assert forget(forgetful).remaining == {}


def _value(data_type: str, valid_values: tuple[str, ...]) -> object:
    if valid_values:
        return valid_values[0]
    if data_type == "varchar":
        return "USD"
    if data_type == "date":
        return dt.date(2026, 6, 1)
    if data_type.startswith("timestamp"):
        return dt.datetime(2026, 6, 1)
    return 1


def test_a_file_that_was_taken_from_landing_is_known_when_it_comes_back(
    service: Deployment, forgetful: Deployment
):
    [path] = [path for path in forgetful.landed() if "customers_2026-06-23" in path.name]
    path.unlink()
    assert forget(forgetful).remaining == {}
    after = state(forgetful, OF_THE_RUN)
    [old] = [path for path in service.landed() if "customers_2026-06-23" in path.name]
    for name in ("crm/customers/customers_2026-06-23.csv", "crm/customers/again_2026-06-23.csv"):
        path = forgetful.land(name, old.read_bytes())
        report = forgetful.ingest()
        assert (report.loaded, report.rejected, list(report.forgotten)) == ([], [], [name])
        assert GONE[0] not in path.read_text()
    assert forgetful.ingest().loaded == []
    assert state(forgetful, OF_THE_RUN) == after


def test_without_the_list_an_old_file_is_refused(service: Deployment, forgetful: Deployment):
    forget(forgetful)
    (forgetful.lake.vault / "forgotten.hashes").unlink()
    [old] = [path for path in service.landed() if "customers_2026-06-23" in path.name]
    forgetful.land("crm/customers/old_2026-06-23.csv", old.read_bytes())
    [error] = forgetful.ingest().rejected
    assert "restore forgotten.hashes" in str(error)


def test_others_can_be_forgotten_later(forgetful: Deployment, tmp_path: Path):
    for customer_id in (*GONE, "c000001"):
        assert forget(forgetful, customer_id).remaining == {}
    at_once = deployment_in(tmp_path / "at_once")
    at_once.land_from(forgetful)
    at_once.ingest()
    without = OF_THE_FILE | OF_THE_RUN
    assert state(forgetful, without) == state(at_once, without)


class KilledError(Exception):
    pass


def dying(step: int, calls: list[None], function: Callable) -> Callable:
    def call(*arguments: object) -> object:
        calls.append(None)
        if len(calls) == step:
            raise KilledError
        return function(*arguments)

    return call


def close_june(deployment: Deployment) -> None:
    """Files of July, so that those of June may be merged."""
    july = event("z1", "c9", "play").replace("2026-06-20", "2026-07-01")
    deployment.land("events/events/july.jsonl", july)
    deployment.land("crm/customers/customers_2026-07-01.csv", "customer_id,full_name\nc9,Nine\n")
    deployment.ingest()


def test_rows_of_merged_files_are_forgotten_as_others(forgetful: Deployment, tmp_path: Path):
    close_june(forgetful)
    plain = deployment_in(tmp_path / "plain")
    shutil.copytree(forgetful.paths.home, plain.paths.home)
    forget(plain)
    merges = compact(forgetful.lake).merges
    assert {merge.table.full_name for merge in merges} == {"crm.customers", "events.events"}
    assert forget(forgetful).remaining == {}
    for table in ("crm.customers", "restricted.crm_customers", "events.events"):
        assert forgetful.lake_rows(table) == plain.lake_rows(table)
    assert forgetful.ledger("manifest", "count(generation_key)") == [(0,)]
    for path in files_below([forgetful.paths.lake]):
        assert not any(f'"{gone}"' in text for text in texts(path) for gone in GONE), path
    # What is left is merged again.
    compact(forgetful.lake, grace_seconds=0)
    for table in ("crm.customers", "restricted.crm_customers", "events.events"):
        assert forgetful.lake_rows(table) == plain.lake_rows(table)


def test_rows_that_a_killed_compaction_has_left_are_gone_too(
    forgetful: Deployment, monkeypatch: pytest.MonkeyPatch
):
    close_june(forgetful)
    change, changed = Lake.change_manifest, []

    def switch_one_and_die(*arguments: object) -> None:
        if changed:
            raise KilledError
        changed.append(change(*arguments))

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "change_manifest", switch_one_and_die)
        with pytest.raises(KilledError):
            compact(forgetful.lake)
    assert forgetful.ledger("manifest", "count(generation_key)") == [(1,)]
    assert forget(forgetful).remaining == {}


@pytest.mark.parametrize(("is_merged", "stride"), [(False, 1), (True, 3)])
def test_a_kill_anywhere_and_the_same_command_again_end_alike(
    service: Deployment, tmp_path: Path, monkeypatch, is_merged: bool, stride: int
):
    """Each rename is a point to die at; where files were merged, each third."""
    small = deployment_in(tmp_path / "small")
    for name in ("events/events/faulty.jsonl", "crm/customers/customers_2026-06-29.csv"):
        small.land(name, (service.paths.landing / name).read_bytes())
    small.land(
        "events/events/sound.jsonl", event("y1", GONE[0], "play") + event("y2", "c9", "play")
    )
    small.ingest()
    if is_merged:
        close_june(small)
        assert compact(small.lake).merges
    copies = []
    for step in range(0, 100, stride):
        shutil.copytree(small.paths.home, tmp_path / str(step))
        copy = deployment_in(tmp_path / str(step))
        calls: list[None] = []
        with monkeypatch.context() as patch:
            for module, name in ((lake_module, "publish_file"), (erasure_module, "replace_landed")):
                function = getattr(module, name)
                patch.setattr(module, name, dying(step, calls, function))
            try:
                forget(copy)
            except KilledError:
                pass
            else:
                if step:
                    break
        # Somebody could run ingestion before the command is repeated.
        if step % 2:
            copy.ingest()
        assert forget(copy).remaining == {}
        copies.append(state(copy, {"ingested_at"}))
    assert step > 10
    assert all(found == copies[0] for found in copies)
    copy.ingest()
    assert state(copy, {"ingested_at"}) == copies[0]


def test_a_model_that_names_somebody_goes_and_others_are_listed(forgetful: Deployment):
    table = forgetful.lake.contract.table("marquee", "model_artifacts")
    versions = forgetful.lake.contract.table("marquee", "model_versions")
    with connect() as connection:
        for version, entry in (("v1", GONE[0]), ("v2", "t1")):
            for of, given in (
                (table, {"entry_id": entry}),
                (versions, {"published_at": "2999-01-01"}),
            ):
                given |= {"model_name": "m", "model_version": version}
                columns = ", ".join(
                    f"cast({repr(given[c.name]) if c.name in given else 'null'} "
                    f"as {c.duckdb_type}) as {c.name}"
                    for c in of.columns
                )
                target = forgetful.lake.file_path(of, "batch_month=2026-06", version)
                target.parent.mkdir(parents=True, exist_ok=True)
                connection.execute(f"copy (select {columns}) to '{target}' (format parquet)")
        done = forget(forgetful)
        assert [v.model_version for v in done.model_versions] == ["v1", "v2"]
        assert [v.model_version for v in done.retired_versions] == ["v1"]
        left = f"select model_version from {forgetful.lake.files(table)} order by 1"
        assert connection.execute(left).fetchall() == [("v2",)]
        retired = forget(forgetful, "c000001", retire_models=True).retired_versions
        assert [v.model_version for v in retired] == ["v1", "v2"]
        assert connection.execute(left).fetchall() == []
        assert connection.execute(f"select count(*) from {parquet(target)}").fetchone() == (1,)


def test_what_is_left_somewhere_is_told(forgetful: Deployment):
    forget(forgetful)
    forgetful.land("crm/customers/unreadable_2026-06-28.csv", f"a header,{GONE[0]}\n")
    done = forget(forgetful)
    assert done.unreadable_files == ["crm/customers/unreadable_2026-06-28.csv"]
    assert done.remaining == {"landing/crm/customers/unreadable_2026-06-28.csv": 1}


def test_what_is_built_and_published_is_without_them(built: Deployment, tmp_path: Path):
    shutil.copytree(built.paths.home, tmp_path / "home", symlinks=True)
    deployment = deployment_in(tmp_path / "home")
    [(customer_id,)] = deployment.query(
        "select customer_id from serving.customer_recommendations "
        "inner join serving.customer_churn_risks using (customer_id) order by all limit 1"
    )
    customers, done, before = Customers((customer_id,)), Forgetting([]), Forgetting([])
    with environment({"MARQUEE_HASH_KEY": HASH_KEY}):
        listed = forget_in_lake(deployment.paths, deployment.lake, customers, retire_models=False)
        search_everywhere(deployment.paths, deployment.lake, customers, before)
        remove_builds(deployment.paths)
        assert deployment.dbt("build", "--full-refresh")
        deployment.publish()
        remove_older_versions(deployment.paths)
        search_everywhere(deployment.paths, deployment.lake, customers, done)
    assert listed.model_versions
    assert any(place.startswith("published/marquee.duckdb") for place in before.remaining)
    assert any(place.startswith("warehouse.duckdb") for place in before.remaining)
    assert done.remaining == {}
    # Those whom nothing connects with the customer are as before, but for what models say of them.
    for table in ("customers", "customer_days"):
        query = f"from serving.{table} where customer_id <> '{customer_id}' order by all"
        assert deployment.query(query) == built.query(query)
