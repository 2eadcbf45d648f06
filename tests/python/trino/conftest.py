"""One real server for all tests of Trino, and one service that is built on both engines."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trino.dbapi

from marquee.parity import Comparison, DuckDBEngine, compare, models
from marquee.trino import TrinoServer, TrinoUnavailableError
from marquee.trino.publish import publish_on_trino
from marquee.trino.session import Session
from tests.python.conftest import Deployment, deployment_in, environment
from tests.python.ingest.batches import files_of, sound_rows, writers

CORRECTION = "crm/customers/corrections/customers_2026-05-02.csv"
IN_EVERY_FORMAT = ["dam.titles", "billing.payments"]


def started(server: TrinoServer) -> TrinoServer:
    """Start it; where that is impossible skip, but never in CI."""
    try:
        server.start()
    except TrinoUnavailableError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Trino here: {error}")
    return server


def land_in_every_format(deployment: Deployment, name: str) -> None:
    """Land the sound rows of a table's newest file again: to the warehouse they are nothing new."""
    table = deployment.lake.contract.table(*name.split("."))
    newest = files_of(deployment, table)[-1]
    stem = newest.path.name.partition(".")[0]
    for kind, (suffix, write) in writers(table).items():
        path = f"{table.source}/{table.name}/formats/{kind}/{stem}{suffix}"
        deployment.land(path, write(sound_rows(newest)))


@dataclass
class Twins:
    """A deployment and its server: everything is done on both engines."""

    deployment: Deployment
    server: TrinoServer

    def session(self) -> Session:
        with environment(self.deployment.paths.environment() | self.deployment.settings):
            return Session(self.deployment.paths)

    def build(self, *arguments: str) -> None:
        for engine in ("duckdb", "trino"):
            assert self.deployment.dbt("build", *arguments, engine=engine), engine

    def publish(self) -> None:
        self.deployment.publish()
        publish_on_trino(self.session(), self.deployment.lake)

    def comparisons(self) -> list[Comparison]:
        manifests = [self.deployment.target(e) / "manifest.json" for e in ("duckdb", "trino")]
        first, second = DuckDBEngine(self.deployment.paths.warehouse), self.session()
        try:
            return [compare(model, first, second) for model in models(*manifests)]
        finally:
            first.close()

    def ask(self, sql: str, user: str = "marquee") -> list[tuple]:
        """Ask Trino as somebody."""
        connection = trino.dbapi.connect(
            host="127.0.0.1", port=self.server.port, user=user, catalog="marquee", timezone="UTC"
        )
        cursor = connection.cursor()
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrinoServer]:
    deployment = deployment_in(tmp_path_factory.mktemp("trino"))
    server = started(TrinoServer.on_free_port(deployment.paths))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def twins(server: TrinoServer) -> Twins:
    """A small synthetic service, built and published on both engines; tests only read it.

    Long enough for labels of churn to be known on three days: fewer train nothing but a baseline.
    """
    home: Path = server.paths.home
    deployment = deployment_in(home, MARQUEE_TRINO_PORT=str(server.port))
    twins = Twins(deployment, server)
    deployment.generate(scale=0.005, days=120, extract_interval_days=14)
    # A correction with fewer columns, in another order, and with what CSV readers disagree about.
    deployment.land(
        CORRECTION, 'country_code,customer_id,full_name\nPT,c_corrected,"a\\b ""c"", d"\n'
    )
    for name in IN_EVERY_FORMAT:
        land_in_every_format(deployment, name)
    deployment.ingest()
    twins.build()
    for engine in ("duckdb", "trino"):
        assert deployment.dbt("run-operation", "create_external_tables", engine=engine)
    twins.publish()
    return twins
