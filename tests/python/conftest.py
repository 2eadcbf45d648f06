"""What many tests share: the project's contract, empty lakes, and one built warehouse."""

import atexit
import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from marquee.contract import Contract, Load, load_contract
from marquee.engine import connect
from marquee.ingest import IngestReport, Lake, ingest
from marquee.ingest.places import open_places
from marquee.objectstore import ObjectPath
from marquee.paths import Paths
from marquee.publish import publish
from marquee.synthetic import SyntheticConfiguration, generate
from tests.python.parsed import parsed

PROJECT = Path(__file__).resolve().parents[2]

PLACES = "places.csv"
"""The table of places that a generated service brings, beside its landed files."""

NOW = dt.datetime(2026, 12, 31, 12)
"""When tests ingest, whatever the machine's clock says: after all days of invented services."""

ON_TRINO = "tests/python/trino/"
"""Tests that share one server, and start the longest of all."""

WHENS = ("setup", "call", "teardown")

HASH_KEY = "the key of all tests, longer than it must be"

settings.register_profile("default", max_examples=25, deadline=None)
settings.register_profile("long", max_examples=150, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


class TestsOfAFileTogether(LoadScopeScheduling):
    """Tests of a file share what is built; those of Trino, one server."""

    __test__ = False

    def _split_scope(self, nodeid: str) -> str:
        file, *_ = nodeid.partition("::")
        return ON_TRINO if file.startswith(ON_TRINO) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    # In the order of collection, and not by their number of tests: Trino has few and takes longest.
    config.option.loadscopereorder = False
    return TestsOfAFileTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Trino begin: what takes longest must not be left for one worker at the end."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        items.sort(key=lambda item: not item.nodeid.startswith(ON_TRINO))


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


project_contract = cache(load_contract)


@dataclass
class Deployment:
    """A home of its own, with everything a test does to it in this process."""

    paths: Paths
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def lake(self) -> Lake:
        contract = project_contract(self.paths.project)
        return Lake(self.paths.lake, contract, self.paths.lake_on_disk)

    def land(self, name: str, content: str | bytes) -> Path:
        path = self.paths.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def land_from(self, other: "Deployment", files: Iterable[Path] | None = None) -> None:
        """Land copies of another deployment's files, all or some, beside its table of places."""
        for path in other.landed() if files is None else files:
            self.land(path.relative_to(other.paths.landing).as_posix(), path.read_bytes())
        places = other.paths.home / PLACES
        if places.exists():
            self.paths.home.mkdir(parents=True, exist_ok=True)
            (self.paths.home / PLACES).write_bytes(places.read_bytes())

    def copy_ingested(self, other: "Deployment") -> None:
        """Copy what landed in another deployment, and its lake: ingesting it again gives the same.

        That it does is a law with tests of its own.
        """
        self.land_from(other)
        shutil.copytree(other.paths.lake, self.paths.lake)

    def landed(self) -> list[Path]:
        """Every landed file, in order of its path."""
        return sorted(path for path in self.paths.landing.rglob("*") if path.is_file())

    def generate(self, **configuration: float) -> None:
        landing = self.paths.landing
        store = landing if isinstance(landing, ObjectPath) else None
        generate(SyntheticConfiguration(**configuration), self.paths.home, store)

    def ingest(self) -> IngestReport:
        if not self.paths.lake.exists():
            copy_tree(empty_lake(), self.paths.lake)
        with environment({"MARQUEE_HASH_KEY": HASH_KEY} | self.settings):
            places = open_places(self.paths)
            return ingest(self.paths.landing, self.lake, lambda _: None, places, NOW)

    def target(self, engine: str = "duckdb") -> Path:
        """Where dbt leaves what it compiled and the manifest."""
        return self.paths.home / ("target" if engine == "duckdb" else f"target_{engine}")

    def dbt(self, *arguments: str, engine: str = "duckdb") -> bool:
        """Run dbt in this process, with what is parsed already: seconds less for each command."""
        folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        folders += ["--target", engine, "--target-path", str(self.target(engine))]
        folders += ["--log-path", str(self.paths.home / "logs")]
        with environment(self.paths.environment() | self.settings):
            try:
                manifest = None if "--vars" in arguments else self._parsed(engine)
                return dbtRunner(manifest).invoke([*arguments, *folders, "--quiet"]).success
            finally:
                # The adapter keeps the file open until the process ends; readers need it free.
                DuckDBConnectionManager.close_all_connections()

    def _parsed(self, engine: str) -> Manifest:
        manifest = parsed(PROJECT, engine, self.paths.lake, self.settings)
        # As parsing leaves it; dbt itself writes it after commands that run models only.
        self.target(engine).mkdir(parents=True, exist_ok=True)
        manifest.write(str(self.target(engine) / "manifest.json"))
        return manifest

    def publish(self) -> object:
        return publish(self.paths, self.lake)

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.paths.warehouse), read_only=True) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.paths.warehouse)) as connection:
            yield connection

    def query(self, sql: str) -> list[tuple]:
        with self.warehouse() as connection:
            return connection.execute(sql).fetchall()

    def lake_rows(self, table: str, chosen: str | None = None) -> list[tuple]:
        """Rows of a lake table whose files the manifest names, in a fixed order.

        All columns, then file key and row number; or the chosen ones.
        """
        found = self.lake.contract.table(*table.split("."))
        columns = [column.name for column in found.columns]
        rows = (
            f"read_parquet('{self.paths.lake}/{found.source}/{found.name}/*/*.parquet', "
            "union_by_name = true, hive_partitioning = false)"
        )
        committed = f"where file_key in (select file_key from {self.lake.manifest()})"
        if found.load is not Load.INTERNAL:
            columns += ["_file_key", "_row_number"]
            # Compacted rows stand under another key; they are still of their landed file.
            rows = (
                f"(select rows.* replace (file_key as _file_key) from {rows} as rows "
                f"inner join {self.lake.manifest()} as manifest "
                "on _file_key = coalesce(generation_key, file_key))"
            )
            committed = ""
        with connect() as connection:
            return connection.execute(
                f"select {chosen or ', '.join(columns)} from {rows} {committed} order by all"
            ).fetchall()

    def quarantined(self, columns: str) -> list[tuple]:
        """Quarantined records with their texts from the vault."""
        lake = self.paths.lake
        with connect() as connection:
            return connection.execute(
                f"select {columns} from read_parquet('{lake}/_quarantine/*.parquet') as rows "
                f"inner join read_parquet('{lake}/restricted/quarantined_texts/*/*.parquet', "
                "hive_partitioning = false) as texts using (file_key, row_number) order by all"
            ).fetchall()

    def ledger(self, name: str, columns: str) -> list[tuple]:
        with connect() as connection:
            return connection.execute(
                f"select {columns} from read_parquet('{self.paths.lake}/_{name}/*.parquet', "
                "union_by_name = true) order by all"
            ).fetchall()


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder, also into an object store."""
    if not isinstance(target, ObjectPath):
        shutil.copytree(source, target)
        return
    for path in source.rglob("*"):
        if path.is_file():
            (target / path.relative_to(source).as_posix()).upload(path)


@cache
def empty_lake() -> Path:
    """An initialised lake to copy: most tests need one, and making it anew costs 0.2 s."""
    folder = Path(tempfile.mkdtemp(prefix="marquee-empty-lake-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with connect() as connection:
        Lake(folder, project_contract(PROJECT)).initialise(connection)
    return folder


def deployment_in(home: Path, **values: str) -> Deployment:
    return Deployment(Paths(PROJECT, home, home / "landing", home / "lake"), dict(values))


@pytest.fixture(scope="session")
def contract() -> Contract:
    return project_contract(PROJECT)


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return deployment_in(tmp_path)


@pytest.fixture
def new_deployment(tmp_path: Path) -> Callable[[str], Deployment]:
    return lambda name: deployment_in(tmp_path / name)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A small synthetic service, built and published once; tests only read it.

    As small as can be for a recommender to learn more than what is popular.
    """
    deployment = deployment_in(tmp_path_factory.mktemp("built"))
    deployment.generate(scale=0.01, days=60, extract_interval_days=14)
    deployment.ingest()
    assert deployment.dbt("build")
    deployment.publish()
    return deployment


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = os.environ.get("MARQUEE_REAL_DATA")
    if not folder:
        pytest.skip("MARQUEE_REAL_DATA does not name the folder of the real data")
    return Path(folder)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests met a real server: one that is skipped proves nothing."""
    counts = {
        outcome: sum(
            ON_TRINO in getattr(report, "nodeid", "")
            and getattr(report, "when", "call") in (("call",) if outcome == "passed" else WHENS)
            for report in terminalreporter.stats.get(outcome, [])
        )
        for outcome in ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
    }
    if any(counts.values()):
        told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        terminalreporter.write_line(f"tests of Trino: {told}")
