import datetime as dt
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from marquee.publish import (
    DATABASE,
    Build,
    PublishRefusedError,
    current_version,
    prepare,
    switch,
)
from marquee.registry import LEDGERS
from tests.python.conftest import Deployment

RELATIONS = ("serving.one", "serving.three", "serving.two")


def record(connection, invocation_id, *events, load_id=0, whole=True, failures=0):
    """Write what the hooks of a build write."""
    connection.execute("create schema if not exists audit")
    connection.execute(
        "create table if not exists audit.build_events (invocation_id varchar, event_name varchar, "
        "command varchar, public_relations varchar, node_count integer, failure_count integer, "
        "warning_count integer, load_id bigint, lake_byte_count bigint, is_whole_graph boolean, "
        "occurred_at timestamp)"
    )
    for event in events:
        ended = event == "finished"
        connection.execute(
            "insert into audit.build_events values (?, ?, 'build', ?, 1, ?, 0, ?, 0, ?, ?)",
            [
                invocation_id,
                event,
                ",".join(RELATIONS) if ended else None,
                failures if ended else None,
                load_id,
                whole,
                dt.datetime.now(),
            ],
        )


@pytest.fixture
def warehouse(deployment: Deployment) -> Deployment:
    """An empty lake and a warehouse of three small tables that no build has recorded yet."""
    deployment.ingest()
    with duckdb.connect(str(deployment.paths.warehouse)) as connection:
        for schema in ("serving", "predictions"):
            connection.execute(f"create schema {schema}")
        for relation in RELATIONS:
            connection.execute(f"create table {relation} as select 1 as version")
        connection.execute("comment on table serving.one is 'One. One row per version.'")
        connection.execute("comment on column serving.one.version is 'The version.'")
        for ledger in LEDGERS:
            columns = ", ".join(f"{name} varchar" for name in ledger.unit)
            connection.execute(f"create table {ledger.relation} ({columns})")
    return deployment


@pytest.mark.parametrize(
    ("builds", "words"),
    [
        ([], "Nothing was built"),
        ([("a", ("started", "finished"), {}), ("b", ("started",), {})], "did not finish"),
        ([("a", ("started", "finished"), {"whole": False})], "part of the graph"),
        ([("a", ("started", "finished"), {"failures": 2})], "2 failed or skipped"),
        (
            [("a", ("started", "finished"), {"load_id": 3})],
            r"up to load 3 .* the lake is at load 0",
        ),
    ],
)
def test_only_a_whole_green_build_of_the_present_lake_is_published(warehouse, builds, words):
    with duckdb.connect(str(warehouse.paths.warehouse)) as connection:
        for invocation_id, events, values in builds:
            record(connection, invocation_id, *events, **values)
    with pytest.raises(PublishRefusedError, match=words):
        warehouse.publish()
    assert not (warehouse.paths.published / "CURRENT").exists()


def test_a_published_build_is_not_published_again(warehouse):
    with duckdb.connect(str(warehouse.paths.warehouse)) as connection:
        record(connection, "a", "started", "finished")
    assert warehouse.publish().version == "v000001"
    assert warehouse.publish() is None
    # A kill between the two switches: the pointer is new, the file is old.
    (warehouse.paths.published / DATABASE).unlink()
    assert warehouse.publish().version == "v000002"
    assert (warehouse.paths.published / DATABASE).is_file()


def test_the_published_file_carries_the_descriptions(warehouse):
    with duckdb.connect(str(warehouse.paths.warehouse)) as connection:
        record(connection, "a", "started", "finished")
    warehouse.publish()
    with duckdb.connect(str(warehouse.paths.published / DATABASE), read_only=True) as connection:
        tables = connection.execute(
            "select comment from duckdb_tables() where table_name = 'one'"
        ).fetchall()
        columns = connection.execute(
            "select comment from duckdb_columns() where table_name = 'one'"
        ).fetchall()
    assert tables == [("One. One row per version.",)]
    assert columns == [("The version.",)]


def test_nobody_can_write_to_what_is_published(warehouse):
    """A reader that forgets to say read-only would lock all others out."""
    for number in (1, 2):
        with duckdb.connect(str(warehouse.paths.warehouse)) as connection:
            record(connection, str(number), "started", "finished")
        assert warehouse.publish().version == f"v00000{number}"
        files = [*(warehouse.paths.published / "versions").rglob("*.*")]
        assert len(files) == 6 * number
        assert not any(path.stat().st_mode & 0o222 for path in files)
        assert not (warehouse.paths.published / DATABASE).stat().st_mode & 0o222


def test_an_open_warehouse_is_a_message(warehouse):
    holder = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(warehouse.paths.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "open\n"
        with pytest.raises(PublishRefusedError, match="in use"):
            warehouse.publish()
        process.stdin.close()


READER = """
import sys, time
from pathlib import Path
import duckdb

published, way, stop = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
tables = ("one", "two", "three")
reads, versions = 0, set()
while not stop.exists():
    if way == "database":
        with duckdb.connect(str(published / "marquee.duckdb"), read_only=True) as connection:
            rows = connection.execute(
                "select one.version, two.version, three.version, count(*) "
                "from serving.one, serving.two, serving.three group by all"
            ).fetchall()
    else:
        folder = published / (published / "CURRENT").read_text().strip() / "serving"
        sources = ", ".join(f"'{folder}/{table}.parquet' as {table}" for table in tables)
        rows = duckdb.sql(
            f"select one.version, two.version, three.version, count(*) from {sources} group by all"
        ).fetchall()
    assert len(rows) == 1, rows
    assert rows[0][0] == rows[0][1] == rows[0][2], rows
    reads += 1
    versions.add(rows[0][0])
print(reads, len(versions), max(versions))
"""


@pytest.mark.slow
def test_eight_readers_never_see_a_mixed_version_while_twenty_are_published(tmp_path: Path):
    published, stop = tmp_path / "published", tmp_path / "stop"

    def publish_version(number: int) -> None:
        source = tmp_path / f"warehouse{number}.duckdb"
        with duckdb.connect(str(source)) as connection:
            connection.execute("create schema serving")
            for relation in RELATIONS:
                connection.execute(
                    f"create table {relation} as select {number} as version from range(1)"
                )
        with duckdb.connect() as connection:
            connection.execute(f"attach '{source}' as warehouse (read_only)")
            build = Build(str(number), number, RELATIONS)
            candidate = prepare(connection, published, build, tmp_path / "work")
        switch(published, candidate)
        assert candidate.version == f"v{number:06d}"

    publish_version(1)
    ways = ["database", "parquet"] * 4
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(published), way, str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for way in ways
    ]
    time.sleep(2)
    for number in range(2, 22):
        publish_version(number)
        time.sleep(0.2)
    time.sleep(1)
    stop.touch()
    results = [reader.communicate(timeout=60) for reader in readers]
    assert [reader.returncode for reader in readers] == [0] * 8, [error for _, error in results]
    for output, _ in results:
        reads, versions, newest = map(int, output.split())
        # Enough to be sure that it read while versions changed, on a busy machine too.
        assert reads >= 5
        assert versions >= 2
        assert newest == 21
    assert current_version(published).name == "v000021"


def test_a_failed_audit_switches_nothing(warehouse, monkeypatch):
    with duckdb.connect(str(warehouse.paths.warehouse)) as connection:
        record(connection, "a", "started", "finished")
    warehouse.publish()
    with duckdb.connect(str(warehouse.paths.warehouse)) as connection:
        record(connection, "b", "started", "finished")
        connection.execute("insert into serving.one values (2)")
    monkeypatch.setattr(
        "marquee.publish.write_parquet",
        lambda connection, query, path: connection.execute(
            f"copy ({query} limit 1) to '{path}' (format parquet)"
        ),
    )
    with pytest.raises(PublishRefusedError, match=r"copy of serving\.one differs"):
        warehouse.publish()
    assert current_version(warehouse.paths.published).name == "v000001"
    assert sorted(path.name for path in (warehouse.paths.published / "versions").iterdir()) == [
        "v000001"
    ]
