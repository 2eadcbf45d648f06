"""`marquee run`: initialise, ingest, build, publish, with a record of each run."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from pathlib import Path

from marquee.contract import load_contract
from marquee.engine import connect
from marquee.ingest import IngestReport, Lake, ingest
from marquee.ingest.hash_key import environment_without_key
from marquee.ingest.lake import MANIFEST
from marquee.ingest.landed_objects import open_objects
from marquee.ingest.loading import OnFile
from marquee.ingest.places import open_places
from marquee.log import LOG, logged_to
from marquee.parity import Comparison, DuckDBEngine, compare, models
from marquee.paths import FolderError, Paths
from marquee.publish import Publication, publish
from marquee.store import StoreError

DUCKDB = "duckdb"
"""The target of the dbt profile that builds in a file of this machine; all others are servers."""
LOCAL_TRINO = "trino"
"""The target of the server that `marquee trino start` starts."""


class ExitCode(IntEnum):
    """What a command ended with; schedulers decide by it whether to retry or to call somebody."""

    DONE = 0
    FAILED = 1
    """An error that nobody foresaw."""
    USAGE = 2
    """The command line, the contract or the folder is wrong: a retry does not help."""
    FILES_REJECTED = 3
    """Everything else is done and published; some landed files could not be read."""
    BUILD_FAILED = 4
    """A model or a test failed; readers keep what was published before."""
    PUBLISH_REFUSED = 5
    """The audit failed; readers keep what was published before."""
    LOCKED = 6
    """Another command is writing: a retry later helps."""
    TRINO_UNAVAILABLE = 7
    """No Trino answers, or it can't be started here."""
    DIFFERENT = 8
    """Two engines gave different tables."""
    STORE_FAILED = 9
    """A disk is full, a store is gone or may not be written: a retry helps once that is mended."""
    NOT_FORGOTTEN = 10
    """Something still names a customer who was to be forgotten."""
    STALE = 11
    """The newest data of a source is older than its target allows."""
    SOURCE_UNAVAILABLE = 12
    """A database to extract from does not answer: a retry later helps."""
    COLUMNS_LOST = 13
    """Everything else is done and published; columns that came before are gone from what landed."""


class BuildFailedError(Exception):
    """dbt ended with an error; its own output says which."""


@dataclass
class Stage:
    """One step of a run."""

    name: str
    status: str
    started_at: str
    seconds: float | None = None
    message: str = ""


@dataclass
class RunRecord:
    """What a run did, written after every step, so that a killed run shows how far it came."""

    run_id: str
    status: str = "running"
    stages: list[Stage] = field(default_factory=list)
    target: str = DUCKDB


def open_lake(paths: Paths) -> Lake:
    """The lake with the contract of the project.

    Raises:
        ContractError: if the sources YAML can't be honoured.
    """
    return Lake(paths.lake, load_contract(paths.project), paths.lake_on_disk)


def initialise(paths: Paths, lake: Lake) -> int:
    """Write the zero-row files that are missing; returns how many.

    Raises:
        StoreError: if a lake was there before, by what was built from it. An empty one in its place
            would hide that it is lost, and be hashed with another key.
    """
    if paths.warehouse.exists() and not lake.folder(lake.contract.table(*MANIFEST)).is_dir():
        raise StoreError(
            f"The lake {paths.lake} is not there, but {paths.warehouse} was built from it. Mount "
            f"or restore it. To begin with an empty lake, move {paths.warehouse} away."
        )
    with connect() as connection:
        return lake.initialise(connection)


def dbt(paths: Paths, *arguments: str) -> None:
    """Run dbt in a process of its own: the warehouse file is free again when it ends.

    Raises:
        BuildFailedError: if it reports an error.
        StoreError: if an object store that it reads does not answer.
    """
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments]
    environment = {
        **environment_without_key(),
        **paths.environment(),
        "DBT_PROFILES_DIR": str(paths.project),
    }
    # Open files are passed on, so that dbt holds the lock for as long as it writes.
    result = subprocess.run(
        command, cwd=paths.project, env=environment, check=False, close_fds=False
    )
    if result.returncode != 0:
        for root in paths.roots_in_stores.values():
            root.check()  # if the store is lost, that is what to tell
        raise BuildFailedError(
            f"dbt {' '.join(arguments)} failed; its messages above name the models and tests. "
            "What was published before is untouched."
        )


def require_readable(paths: Paths, target: str) -> None:
    """Make sure that an engine can read where landing and lake are.

    Raises:
        FolderError: if they are in an object store, and the engine reads folders only.
    """
    if target == LOCAL_TRINO and paths.roots_in_stores:
        variable, root = next(iter(paths.roots_in_stores.items()))
        raise FolderError(
            f"Trino on this machine reads folders, and {variable} is {root}: build with --target "
            f"{DUCKDB}, or on a Trino that is set up for the store (--target cluster)."
        )


def publish_target(paths: Paths, lake: Lake, target: str) -> Publication | None:
    """Publish what dbt built with a target of the profile. The caller holds the lock.

    Raises:
        PublishRefusedError: if the newest build may not be published.
        ModuleNotFoundError: if the packages for Trino are not installed.
    """
    if target == DUCKDB:
        return publish(paths, lake)
    from marquee.trino.publish import publish_on_trino
    from marquee.trino.session import Session

    return publish_on_trino(Session(paths, target), lake)


def compare_engines(paths: Paths, target: str, build: bool) -> list[Comparison]:
    """Build on DuckDB and on another engine, and compare every model. The caller holds the lock.

    Args:
        paths: the deployment.
        target: the other engine, an output of the dbt profile.
        build: False to compare what the last comparison built.

    Raises:
        BuildFailedError: if one of them does not build, or was never built.
    """
    from marquee.trino.session import Session

    folders = {engine: paths.home / "parity" / engine for engine in (DUCKDB, target)}
    for engine, folder in folders.items():
        if build:
            dbt(paths, "build", "--target", engine, "--target-path", str(folder))
        elif not (folder / "manifest.json").is_file():
            raise BuildFailedError("There is nothing to compare yet. Run: marquee parity")
    manifests = [folder / "manifest.json" for folder in folders.values()]
    first, second = DuckDBEngine(paths.warehouse), Session(paths, target)
    try:
        return [compare(model, first, second) for model in models(*manifests)]
    finally:
        first.close()


def run(
    paths: Paths, target: str, on_file: OnFile, full_refresh: bool = False
) -> tuple[IngestReport, Publication | None]:
    """All stages, in order. The caller holds the lock.

    Args:
        paths: the deployment.
        target: the engine, an output of the dbt profile.
        on_file: told of each landed file as it is done.
        full_refresh: True to build every table anew from the lake, whatever stands there.

    Raises:
        ContractError, HashKeyError, PlacesError, BuildFailedError, PublishRefusedError, StoreError:
            from the stage that failed; the record in ``runs/`` then names it.
    """
    now = dt.datetime.now(dt.UTC)
    record = RunRecord(f"{now:%Y%m%dT%H%M%S}-{os.getpid()}", target=target)
    write = _writer(paths.runs / f"{record.run_id}.json", record)
    lake = open_lake(paths)
    with logged_to(paths.runs / f"{record.run_id}.log"):
        with _stage(record, "init", write):
            initialise(paths, lake)
        with _stage(record, "ingest", write) as stage:
            report = ingest(
                paths.landing, lake, on_file, open_places(paths), objects=open_objects(paths)
            )
            stage.message = "\n".join(str(error) for error in report.rejected)
        with _stage(record, "build", write):
            options = ["--full-refresh"] if full_refresh else []
            dbt(paths, "build", "--target", target, *options)
        with _stage(record, "publish", write):
            publication = publish_target(paths, lake, target)
    record.status = "succeeded"
    write()
    return report, publication


def run_records(paths: Paths) -> list[RunRecord]:
    """All records, oldest first."""
    records = []
    for path in sorted(paths.runs.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        stages = [Stage(**stage) for stage in document["stages"]]
        records.append(RunRecord(**document | {"stages": stages}))
    return records


def _writer(path: Path, record: RunRecord) -> Callable[[], None]:
    def write() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
        part.replace(path)

    return write


@contextmanager
def _stage(record: RunRecord, name: str, write: Callable[[], None]) -> Iterator[Stage]:
    LOG.info("beginning %s", name)
    stage = Stage(name, "running", dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))
    record.stages.append(stage)
    write()
    started = time.monotonic()
    try:
        yield stage
    except BaseException as error:
        stage.status = record.status = "failed"
        stage.message = str(error) or type(error).__name__
        raise
    else:
        stage.status = "succeeded"
        LOG.info("ended %s", name)
    finally:
        stage.seconds = round(time.monotonic() - started, 3)
        write()
