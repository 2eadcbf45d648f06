"""Publishing into a store: what readers see there, and when."""

import datetime as dt
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from marquee.engine import connect, opened
from marquee.forgetting.builds import remove_older_versions
from marquee.objectstore import ObjectPath
from marquee.publish import DATABASE, POINTER, VERSIONS, current_version
from marquee.status import read_status
from marquee.store import StoreError
from tests.python.conftest import Deployment
from tests.python.objectstore.store import BUCKET, Store
from tests.python.test_publish import record, warehouse

__all__ = ["warehouse"]


def build(warehouse: Deployment, name: str, version: int) -> None:
    with duckdb.connect(str(warehouse.paths.warehouse)) as connection:
        for table in ("one", "two", "three"):
            connection.execute(f"update serving.{table} set version = {version}")
        record(connection, name, "started", "finished")


def attached(published: Path) -> int:
    """As a reader does it: one statement of SQL."""
    with connect() as connection:
        connection.execute(f"attach '{published / DATABASE}' as marquee (read_only)")
        (version,) = connection.execute("select version from marquee.serving.one").fetchone()
        return version


def test_readers_attach_the_file_or_read_the_version_that_the_pointer_names(warehouse):
    published = warehouse.paths.published
    for version in (1, 2):
        build(warehouse, f"build {version}", version)
        assert warehouse.publish().version == f"v00000{version}"
        assert warehouse.publish() is None
        assert attached(published) == version
        folder = published / (published / POINTER).read_text().strip()
        assert folder == current_version(published) == published / VERSIONS / f"v00000{version}"
        with connect() as connection:
            query = f"select version from read_parquet('{folder}/serving/one.parquet')"
            assert connection.execute(query).fetchall() == [(version,)]
        assert (folder / "models/index.json").is_file()
    assert (published / VERSIONS / "v000001" / DATABASE).is_file()
    assert not any((warehouse.paths.work / "published").iterdir())
    status = read_status(warehouse.paths, warehouse.lake)
    assert (status.published_version, status.published_load_id) == ("v000002", 0)
    remove_older_versions(warehouse.paths)
    assert [path.name for path in (published / VERSIONS).iterdir()] == ["v000002"]


@pytest.mark.parametrize(
    ("lost", "seen", "by_pointer"),
    [
        ("PUT .*/versions/v000002/serving/two", 1, "v000001"),
        ("PUT .*/CURRENT", 1, "v000001"),
        ("PUT .*/published/marquee.duckdb", 1, "v000002"),
    ],
)
def test_a_store_that_is_lost_meanwhile_leaves_one_whole_version(
    warehouse, store: Store, lost, seen, by_pointer
):
    published = warehouse.paths.published
    build(warehouse, "first", 1)
    warehouse.publish()
    build(warehouse, "second", 2)
    store.fail(lost, times=100)
    with pytest.raises(StoreError, match=f"{published}/.*: the store failed"):
        warehouse.publish()
    assert attached(published) == seen
    assert current_version(published).name == by_pointer
    store.reset()
    assert warehouse.publish().version == ("v000002" if by_pointer == "v000001" else "v000003")
    assert attached(published) == 2
    # What was half-written is gone, or was whole.
    for folder in (published / VERSIONS).iterdir():
        assert (folder / DATABASE).is_file()


def test_a_reader_that_stays_is_told_and_never_reads_two_versions(warehouse):
    build(warehouse, "first", 1)
    warehouse.publish()
    with opened(warehouse.paths.published / DATABASE) as reader:
        assert reader.execute("select version from serving.one").fetchall() == [(1,)]
        build(warehouse, "second", 2)
        warehouse.publish()
        # What it has read it may still know; of the rest it is told that it is gone.
        with suppress(duckdb.HTTPException):
            query = "select one.version, two.version from serving.one, serving.two"
            assert reader.execute(query).fetchall() == [(1, 1)]
    assert attached(warehouse.paths.published) == 2


def test_versions_stay_for_an_hour_and_some_of_them_for_ever(
    warehouse, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("marquee.publish.KEPT_VERSIONS", 1)
    versions: ObjectPath = warehouse.paths.published / VERSIONS
    for number in (1, 2):
        build(warehouse, f"build {number}", number)
        warehouse.publish()
    assert len(list(versions.iterdir())) == 2
    for key in store.backend.buckets[BUCKET].keys.values():
        key.last_modified -= dt.timedelta(hours=2)
    build(warehouse, "last", 3)
    warehouse.publish()
    assert [path.name for path in versions.iterdir()] == ["v000003"]
