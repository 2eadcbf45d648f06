"""One real Postgres server for all tests of extracts."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from duckdb import DuckDBPyConnection

from marquee.engine import connect, quoted
from marquee.extracts import Extraction, extract, load_extract
from marquee.extracts.server import extension
from tests.python.conftest import Deployment, deployment_in, environment

OWNER = "loader"
PASSWORD = "of this test only, and in no message"
VARIABLES = {
    "host": "SHOP_HOST",
    "port": "SHOP_PORT",
    "database": "SHOP_DATABASE",
    "user": "SHOP_USER",
    "password": "SHOP_PASSWORD",
}


def programs() -> Path:
    """Where Debian, or the path, has the server's programs."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin")]
    if found := shutil.which("initdb"):
        places.append(Path(found).parent)
    places = [place for place in places if (place / "initdb").exists()]
    if not places:
        reason = "no Postgres server here: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return max(places, key=lambda place: place.as_posix())


@dataclass
class Server:
    """A cluster in a folder of its own, run by somebody without privileges."""

    folder: Path
    port: int
    programs: Path = field(default_factory=programs)

    def run(self, *command: str) -> None:
        """The server refuses to be run by root."""
        before = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*before, *command], check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

    def control(self, *command: str) -> None:
        data = str(self.folder / "data")
        self.run(str(self.programs / "pg_ctl"), "-D", data, "-w", "-t", "60", *command)

    def create(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (self.folder, secret):
                shutil.chown(path, "postgres", "postgres")
        self.run(
            str(self.programs / "initdb"),
            *("-D", str(self.folder / "data"), "-U", OWNER, "-E", "UTF8", "--locale=C"),
            *("-A", "scram-sha-256", "--pwfile", str(secret), "--no-sync"),
        )
        secret.unlink()

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off"
        self.control("-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """That very process, and those it has started."""
        self.control("-m", "immediate", "stop")

    @property
    def variables(self) -> dict[str, str]:
        values = {
            "host": "127.0.0.1",
            "port": str(self.port),
            "database": "postgres",
            "user": OWNER,
            "password": PASSWORD,
        }
        return {VARIABLES[part]: value for part, value in values.items()}

    @contextmanager
    def connection(self) -> Iterator[DuckDBPyConnection]:
        with connect() as connection:
            connection.execute(f"load {quoted(str(extension()))}")
            secret = f"user={OWNER} password='{PASSWORD}' host=127.0.0.1 port={self.port}"
            connection.execute(
                f"attach {quoted(secret + ' dbname=postgres')} as db (type postgres)"
            )
            yield connection

    def execute(self, *statements: str) -> None:
        with self.connection() as connection:
            for statement in statements:
                connection.execute(f"call postgres_execute('db', {quoted(statement)})")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running() -> Iterator[Server]:
    """A new server, stopped and gone in the end."""
    # Short, for the name of a socket; and not below pytest's, which others may not enter.
    folder = Path(tempfile.mkdtemp(prefix="marquee-pg-"))
    try:
        server = Server(folder, free_port())
        server.create()
        server.start()
        yield server
        pid_file = folder / "data" / "postmaster.pid"
        if pid_file.exists():
            pid = int(pid_file.read_text().split()[0])
            server.stop()
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@dataclass
class Shop:
    """A deployment with an extract of one table or several, and the server behind it."""

    deployment: Deployment
    server: Server
    notes: list[str] = field(default_factory=list)

    def configure(self, *tables: dict, **settings: object) -> Path:
        path = self.deployment.paths.home / "shop.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {"description": "A shop", "connection": VARIABLES, "tables": list(tables)}
        path.write_text(yaml.safe_dump(document | {"wait_seconds": 0.2} | settings))
        return path

    def extract(self, whole: bool = False) -> list[Extraction]:
        paths = self.deployment.paths
        found = load_extract(
            str(paths.home / "shop.yml"), paths.project, self.deployment.lake.contract
        )
        with environment(self.server.variables | self.deployment.settings):
            return extract(
                found, paths, self.deployment.lake, lambda e, _: self.notes.append(str(e)), whole
            )


def emptied(server: Server) -> Server:
    server.execute("drop schema public cascade; create schema public")
    return server


@pytest.fixture
def shop(server: Server, tmp_path: Path) -> Shop:
    deployment = deployment_in(tmp_path / "home")
    deployment.ingest()
    return Shop(deployment, emptied(server))
