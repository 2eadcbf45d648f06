"""A run that dies anywhere can simply be run again, and a store that fails is named.

The points to die at are lines of the program's own log, of dbt's too. In CI a few of them are
tried, others each day; `make test-long` tries all of them.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from marquee.lock import is_held
from marquee.pipeline import ExitCode
from tests.python.conftest import HASH_KEY, PROJECT, Deployment, deployment_in
from tests.python.rotation import of_today
from tests.python.warehouse.test_building import MODELS, fingerprints

DYING = Path(__file__).parent / "dying"
LAST_DAY = "2026-06-30"
IN_CI = 5
MODELS_ONLY = {"DBT_EXCLUDE_RESOURCE_TYPES": "test unit_test"}
"""A build that dies needs no tests before."""


@dataclass(frozen=True)
class Point:
    """A line to die at."""

    pattern: str
    count: int = 1

    def __str__(self) -> str:
        return f"{re.sub('[^a-z_]+', '-', self.pattern)}-{self.count}"


BEFORE_PUBLISHING = [
    Point("beginning ingest"),
    Point("placing .*/events/events/"),
    Point("placed "),
    Point("placed .*/restricted/"),
    Point("placing .*/_manifest/"),
    Point("placed .*/_manifest/"),
    Point("placed .*/_manifest/", 3),
    Point("ended ingest"),
    Point("OK loaded seed file", 3),
    Point("START sql incremental model .*fct_events"),
    Point("OK created sql incremental model .*int_event_resolutions"),
    Point("OK created sql incremental model .*int_session_versions"),
    Point("OK created sql incremental model .*fct_customer_days"),
    Point("training recommender"),
    Point("training ad_completion"),
    Point("training sentiment"),
    Point("OK created sql table model .*serving.customer_recommendations"),
]
PUBLISHING = [
    Point("prepared v"),
    Point("exported the models"),
    Point("placed .*/model_artifacts/"),
    Point("placed .*/model_versions/"),
    Point("placing .*/CURRENT"),
    Point("placed .*/CURRENT"),
    Point("placing .*/marquee.duckdb"),
    Point("placed .*/marquee.duckdb"),
]


def die(deployment: Deployment, point: Point, *command: str, **values: str) -> None:
    """Run a command until a line of its log."""
    process = subprocess.Popen(
        [sys.executable, "-m", "marquee", *command],
        cwd=PROJECT,
        env=os.environ
        | deployment.paths.environment()
        | {"MARQUEE_HASH_KEY": HASH_KEY, "PYTHONPATH": os.pathsep.join([str(DYING), *sys.path])}
        | {"MARQUEE_LOG": str(deployment.paths.home / "steps.log")}
        | {"DBT_TARGET_PATH": str(deployment.target()), "DBT_LOG_PATH": str(deployment.target())}
        | {"DIE_AT": point.pattern, "DIE_COUNT": str(point.count)}
        | values,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    printed, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL, printed[-3000:]
    assert not is_held(deployment.paths.runs)


def copied(deployment: Deployment, home: Path) -> Deployment:
    shutil.copytree(deployment.paths.home, home, symlinks=True)
    return deployment_in(home, **deployment.settings)


@pytest.fixture(scope="module")
def of_the_last_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service whose last day has not landed yet; its files stand in this folder."""
    folder = tmp_path_factory.mktemp("service")
    deployment_in(folder).generate(scale=0.005, days=30, extract_interval_days=7)
    shutil.rmtree(folder / "truth")
    for path in sorted((folder / "landing").rglob(f"*{LAST_DAY}*")):
        target = folder / "last_day" / path.relative_to(folder / "landing")
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    return folder


@pytest.fixture(scope="module")
def yesterday(of_the_last_day: Path) -> Deployment:
    """Built before the last day landed."""
    deployment = deployment_in(of_the_last_day)
    deployment.ingest()
    assert deployment.dbt(*MODELS)
    return deployment


def land_the_last_day(deployment: Deployment) -> None:
    shutil.copytree(
        deployment.paths.home / "last_day", deployment.paths.landing, dirs_exist_ok=True
    )


def tables(deployment: Deployment) -> dict[str, tuple]:
    return fingerprints(deployment) | {
        "manifest": tuple(deployment.ledger("manifest", "* exclude (ingested_at)")),
        "quarantine": tuple(deployment.quarantined("*")),
    }


@pytest.fixture(scope="module")
def undisturbed(yesterday: Deployment, tmp_path_factory: pytest.TempPathFactory) -> dict:
    deployment = copied(yesterday, tmp_path_factory.mktemp("undisturbed") / "home")
    land_the_last_day(deployment)
    deployment.ingest()
    assert deployment.dbt(*MODELS)
    return tables(deployment)


@pytest.mark.slow
@pytest.mark.parametrize("point", of_today(BEFORE_PUBLISHING, IN_CI - 2))
def test_a_run_that_died_is_run_again_and_all_tables_are_those_of_an_undisturbed_one(
    yesterday: Deployment, undisturbed: dict, tmp_path: Path, point: Point
):
    deployment = copied(yesterday, tmp_path / "home")
    land_the_last_day(deployment)
    die(deployment, point, "run", **MODELS_ONLY)
    deployment.ingest()
    assert deployment.dbt(*MODELS)
    found = tables(deployment)
    assert found.keys() == undisturbed.keys()
    assert [name for name in found if found[name] != undisturbed[name]] == []


@pytest.fixture(scope="module")
def published(built: Deployment) -> dict[str, tuple]:
    return rows_of(built.paths.published / "marquee.duckdb")


def rows_of(database: Path) -> dict[str, tuple]:
    """An order-free hash of each published table that says nothing of the publication itself."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name <> 'catalog' order by 1"
        ).fetchall()
        return {
            name: connection.execute(
                f"select count(*), sum(hash(rows)) from {name} as rows"
            ).fetchone()
            for (name,) in names
        }


@pytest.mark.slow
@pytest.mark.parametrize("point", of_today(PUBLISHING, 2))
def test_publishing_that_died_is_done_again_and_readers_never_see_half_of_it(
    built: Deployment, published: dict, tmp_path: Path, point: Point
):
    deployment = copied(built, tmp_path / "home")
    shutil.rmtree(deployment.paths.published)
    for ledger in ("model_versions", "model_artifacts"):
        shutil.rmtree(deployment.paths.lake / "marquee" / ledger)
    deployment.lake.initialise(duckdb.connect())
    die(deployment, point, "publish")
    database = deployment.paths.published / "marquee.duckdb"
    if database.exists():
        assert rows_of(database) == published
    deployment.publish()
    assert rows_of(database) == published
    [pointer] = (deployment.paths.published / "CURRENT").read_text().split()
    assert (deployment.paths.published / pointer / "marquee.duckdb").samefile(database)
    assert not list((deployment.paths.published / "versions").glob(".candidate-*"))


def marquee(deployment: Deployment, command: str, largest_file: int | None = None) -> tuple:
    """Run a command, on what is a full disk to it: no file may grow beyond some bytes."""

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    process = subprocess.run(
        [sys.executable, "-m", "marquee", command],
        cwd=PROJECT,
        env=os.environ
        | deployment.paths.environment()
        | {"MARQUEE_HASH_KEY": HASH_KEY}
        | {"DBT_TARGET_PATH": str(deployment.target()), "DBT_LOG_PATH": str(deployment.target())},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    assert "Traceback" not in process.stderr
    # Messages are wrapped where nobody reads them on a screen.
    return process.returncode, " ".join(process.stderr.split())


def land_events(deployment: Deployment, count: int) -> None:
    event = (
        '{{"event_id": "e{0}", "customer_id": "c{0}", "device_id": "d{0}", "title_id": "t1", '
        '"event_type": "play", '
        '"event_at": "2026-06-01T10:00:00Z", "received_at": "2026-06-01T10:00:01Z"}}\n'
    )
    deployment.land("events/events/a.jsonl", "".join(map(event.format, range(count))))


def test_a_full_disk_is_named_and_what_was_not_committed_is_done_again(deployment: Deployment):
    deployment.ingest()
    land_events(deployment, 20_000)
    code, told = marquee(deployment, "ingest", 8_192)
    assert code == ExitCode.STORE_FAILED
    assert "File too large. Free space there" in told.replace('"', "")
    assert deployment.ledger("manifest", "file_key") == []
    assert marquee(deployment, "ingest") == (ExitCode.DONE, "")
    assert deployment.ledger("manifest", "loaded_row_count") == [(20_000,)]


@pytest.mark.slow
def test_a_disk_that_is_full_for_publishing_leaves_readers_what_they_had(
    built: Deployment, published: dict, tmp_path: Path
):
    deployment = copied(built, tmp_path / "home")
    # As if another build had come since: the same is not published twice.
    with deployment.writing() as connection:
        connection.execute("update audit.build_events set invocation_id = 'newer'")
    code, told = marquee(deployment, "publish", 100_000)
    assert (code, "Free space there" in told) == (ExitCode.STORE_FAILED, True), told
    assert rows_of(deployment.paths.published / "marquee.duckdb") == published
    assert marquee(deployment, "publish")[0] == ExitCode.DONE
    versions = sorted(path.name for path in (deployment.paths.published / "versions").iterdir())
    assert versions == ["v000001", "v000002"]


def test_a_lost_lake_is_not_taken_for_an_empty_one(deployment: Deployment):
    deployment.ingest()
    duckdb.connect(str(deployment.paths.warehouse)).close()
    shutil.rmtree(deployment.paths.lake)
    for command in ("init", "ingest", "run"):
        code, told = marquee(deployment, command)
        assert code == ExitCode.STORE_FAILED
        assert "The lake" in told
        assert "Mount or restore it" in told
    assert not (deployment.paths.lake / "_manifest").exists()


def test_a_lost_landing_folder_is_not_taken_for_no_news(deployment: Deployment):
    land_events(deployment, 1)
    deployment.ingest()
    shutil.rmtree(deployment.paths.landing)
    code, told = marquee(deployment, "ingest")
    assert code == ExitCode.STORE_FAILED
    assert "marquee init" in told
    assert marquee(deployment, "init")[0] == ExitCode.DONE
    assert marquee(deployment, "ingest")[0] == ExitCode.DONE


def test_a_file_that_a_bad_disk_does_not_give_is_rejected_and_all_others_are_taken(
    deployment: Deployment,
):
    land_events(deployment, 1)
    # Reading it is an error of input and output, as on a bad disk.
    (deployment.paths.landing / "events/events/b.jsonl").symlink_to("/proc/self/mem")
    code, told = marquee(deployment, "ingest")
    assert code == ExitCode.FILES_REJECTED
    assert "b.jsonl: it can't be read (Input/output error). Upload the file again." in told
    assert deployment.ledger("manifest", "file_name") == [("events/events/a.jsonl",)]


def test_a_store_that_may_not_be_written_is_named(deployment: Deployment):
    deployment.paths.home.mkdir(exist_ok=True)
    deployment.paths.lake.write_text("a file where the folder should be")
    code, told = marquee(deployment, "ingest")
    assert code == ExitCode.STORE_FAILED
    assert str(deployment.paths.lake) in told


def test_a_run_leaves_a_log_of_its_steps_beside_its_record(deployment: Deployment):
    land_events(deployment, 1)
    log = deployment.paths.home / "steps.log"
    environment = os.environ | deployment.paths.environment() | {"MARQUEE_LOG": str(log)}
    subprocess.run(
        [sys.executable, "-m", "marquee", "ingest"], cwd=PROJECT, env=environment, check=True
    )
    lines = log.read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \d+ plac", line) for line in lines)
    assert "/_manifest/" in lines[-1]
