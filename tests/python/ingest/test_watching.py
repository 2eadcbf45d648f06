"""`marquee ingest --watch`: new files within seconds, unfinished ones not, and a clean end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marquee.contract import Contract
from marquee.ingest.watching import Watch
from marquee.lock import exclusive
from marquee.pipeline import ExitCode
from tests.python.conftest import HASH_KEY, PROJECT, Deployment

TAGS = "customer_id,title_id,tag_text,tagged_at\n"
ROW = "c{0},t,x,2026-01-01T00:00:00Z\n"
PATIENCE_SECONDS = 60
"""Of tests on a busy machine; that it takes 5 s at most is held where nothing has to start."""


@pytest.fixture
def watch(tmp_path: Path, contract: Contract) -> Watch:
    watch = Watch(tmp_path, contract, settle_seconds=2)
    watch.clock = lambda: watch.now
    watch.now = 0.0
    return watch


def land(watch: Watch, name: str, text: str = "x") -> Path:
    path = watch.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(watch: Watch, after: float = 0.0) -> list[str]:
    watch.now += after
    return sorted(path.relative_to(watch.landing).as_posix() for path in watch.due())


def test_a_file_is_due_once_it_has_stayed_the_same_for_a_while(watch: Watch):
    path = land(watch, "social/tags/a.csv")
    assert names(watch) == []
    assert names(watch, 1.5) == []
    path.write_text("x and more")
    assert names(watch, 1.5) == []
    assert names(watch, 1.5) == []
    assert names(watch, 0.5) == ["social/tags/a.csv"]


def test_a_file_that_grows_within_one_tick_of_the_disk_is_still_growing(watch: Watch):
    path = land(watch, "social/tags/a.csv")
    before = path.stat()
    names(watch)
    path.write_text("longer")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert names(watch, 2) == []


def test_what_is_in_the_lake_is_due_again_only_after_a_change(watch: Watch):
    path = land(watch, "social/tags/a.csv")
    names(watch)
    watch.now = 2
    watch.ingested(watch.due(), [path])
    assert names(watch, 10) == []
    path.write_text("other")
    assert names(watch) == []
    assert names(watch, 2) == ["social/tags/a.csv"]
    path.unlink()
    assert names(watch) == []


def test_uploads_under_names_of_their_own_are_left_alone(watch: Watch):
    for name in ("social/tags/.a.csv", "social/tags/a.csv.part", "_b/tags/c.csv"):
        land(watch, name)
    names(watch)
    assert names(watch, 9) == []


def test_files_of_one_extract_wait_for_each_other_and_appended_ones_do_not(watch: Watch):
    for name in ("crm/customers/2026-01-01/a.csv", "events/events/2026-01-01/a.jsonl"):
        land(watch, name)
    names(watch)
    watch.now = 2
    for name in ("crm/customers/2026-01-01/b.csv", "events/events/2026-01-01/b.jsonl"):
        land(watch, name)
    assert names(watch) == ["events/events/2026-01-01/a.jsonl"]
    assert len(names(watch, 2)) == 4


def test_a_rejected_file_is_tried_again_only_beside_a_new_one_of_its_extract(watch: Watch):
    land(watch, "crm/customers/2026-01-01/a.csv")
    names(watch)
    watch.now = 2
    watch.ingested(watch.due(), [])
    assert names(watch, 9) == []
    land(watch, "crm/customers/2026-01-02/b.csv")
    land(watch, "crm/customers/2026-01-01/b.csv")
    names(watch)
    watch.now += 2
    due = watch.due()
    assert len(due) == 3
    watch.ingested(due, due)
    assert names(watch, 9) == []
    assert not watch.rejected


def test_a_look_at_ten_thousand_known_files_asks_once_for_each_and_opens_none(
    watch: Watch, monkeypatch
):
    folder = watch.landing / "events/events"
    folder.mkdir(parents=True)
    for number in range(10_000):
        (folder / f"{number}.jsonl").touch()
    watch.due()
    watch.now = 2
    due = watch.due()
    assert len(due) == 10_000
    watch.ingested(due, due)
    asked, opened, stat = [], [], Path.stat

    def counted(path: Path, **options: bool) -> os.stat_result:
        asked.append(path)
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", counted)
    monkeypatch.setattr(Path, "open", lambda path, *_, **__: opened.append(path))
    assert watch.due() == {}
    assert sorted(asked) == sorted(due)
    assert opened == []


@pytest.fixture
def watching(deployment: Deployment) -> Iterator[subprocess.Popen]:
    """A process that watches, and has begun to."""
    deployment.ingest()
    process = subprocess.Popen(
        [sys.executable, "-m", "marquee", "ingest", "--watch", "--every", "0.2", "--settle", "1"],
        cwd=PROJECT,
        env=os.environ | deployment.paths.environment() | {"MARQUEE_HASH_KEY": HASH_KEY},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("watching")
    yield process
    process.kill()
    process.wait()


def seconds_until(condition: Callable[[], bool]) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < PATIENCE_SECONDS
        time.sleep(0.1)
    return time.monotonic() - began


def loaded(deployment: Deployment) -> list[tuple]:
    return deployment.ledger("manifest", "file_name, loaded_row_count")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_new_file_is_in_the_lake_within_seconds_and_a_signal_ends_the_watch(
    deployment: Deployment, watching: subprocess.Popen, number: int
):
    deployment.land("social/tags/a.csv", TAGS + ROW.format(1))
    first = seconds_until(lambda: len(loaded(deployment)) == 1)
    deployment.land("social/tags/b.csv", TAGS + ROW.format(2))
    second = seconds_until(lambda: len(loaded(deployment)) == 2)
    assert min(first, second) < 5
    watching.send_signal(number)
    assert watching.wait(PATIENCE_SECONDS) == 0


@pytest.mark.slow
def test_a_file_that_grows_is_read_once_it_is_whole(
    deployment: Deployment, watching: subprocess.Popen
):
    path = deployment.land("social/tags/a.csv", TAGS)
    with path.open("a") as stream:
        for number in range(20):
            stream.write(ROW.format(number))
            stream.flush()
            time.sleep(0.1)
            assert loaded(deployment) == []
    seconds_until(lambda: loaded(deployment) != [])
    assert loaded(deployment) == [("social/tags/a.csv", 20)]


@pytest.mark.slow
def test_others_may_write_between_two_looks_and_the_watch_waits_for_them(
    deployment: Deployment, watching: subprocess.Popen
):
    with exclusive(deployment.paths.runs):
        deployment.land("social/tags/a.csv", TAGS + ROW.format(1))
        time.sleep(3)
        assert loaded(deployment) == []
    seconds_until(lambda: len(loaded(deployment)) == 1)
    assert watching.poll() is None


@pytest.mark.slow
def test_a_landing_folder_that_is_gone_is_not_taken_for_no_news(
    deployment: Deployment, watching: subprocess.Popen
):
    deployment.land("social/tags/a.csv", TAGS + ROW.format(1))
    seconds_until(lambda: loaded(deployment) != [])
    shutil.rmtree(deployment.paths.landing)
    assert watching.wait(PATIENCE_SECONDS) == ExitCode.STORE_FAILED
