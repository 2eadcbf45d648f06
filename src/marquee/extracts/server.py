"""One transaction on a Postgres server, through DuckDB's extension for it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import duckdb

from marquee.engine import connect, quoted
from marquee.extracts.configuration import Extract, ExtractError
from marquee.ingest.lake import write_parquet
from marquee.store import raise_if_store_failed

PACKAGE = "duckdb_extension_postgres_scanner"
MEMORY = "512MB"
"""For sorting and joining; what needs more goes through the work folder."""
# A server that is gone without a word is noticed within two minutes.
CONNECTION = (
    "connect_timeout=10 keepalives_idle=30 keepalives_interval=10 keepalives_count=3 "
    "tcp_user_timeout=120000"
)
# Texts of values don't depend on what an administrator or a role has set.
SETTINGS = {
    "DateStyle": "ISO",
    "IntervalStyle": "iso_8601",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
LOST = re.compile(
    "server closed the connection|connection refused|could not connect|unable to connect"
    "|terminating connection|timeout expired|starting up|shutting down|recovery mode"
    "|translate host name|no route to host|unreachable|reset by peer|could not receive data"
    "|could not send data|no connection to the server|broken pipe|connection timed out"
    "|connection slots|too many clients|SSL SYSCALL|SSL connection has been closed|EOF detected"
    "|connection .*not open|connection lost",
    re.IGNORECASE,
)
REFUSED = re.compile(
    "authentication failed|no password supplied|pg_hba|does not exist|permission denied"
    "|certificate|does not support SSL|invalid sslmode|not permitted",
    re.IGNORECASE,
)


class SourceUnavailableError(Exception):
    """The server does not answer, or stopped answering; a retry later helps."""


class Snapshot:
    """What a server holds at one moment, whatever is written there meanwhile."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.subject = ""
        """The table that is read, for messages."""
        self._identity = self._ask_identity()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """The rows of a query in the server's SQL."""
        return self.connection.execute(f"select * from {_on_server(query)}").fetchall()

    def write(self, query: str, path: Path) -> None:
        """Write the rows of a query in the server's SQL, as they come, to a Parquet file."""
        write_parquet(self.connection, f"select * from {_on_server(query)}", path)

    def check(self) -> None:
        """Make sure that everything so far was read from one snapshot.

        Raises:
            SourceUnavailableError: if the connection was made anew in between.
        """
        if self._ask_identity() != self._identity:
            raise SourceUnavailableError("the connection was lost and made anew in between")

    def _ask_identity(self) -> list[tuple[object, ...]]:
        return self.rows("select pg_backend_pid() as pid, now()::text as began_at")


@contextmanager
def snapshot_of(extract: Extract, folder: Path) -> Iterator[Snapshot]:
    """Read from a server in one transaction, repeatable and read only.

    Args:
        extract: names the server.
        folder: for what does not fit into memory; as confidential as what is read.

    Raises:
        ExtractError: if the server refuses, or a query can't be answered.
        SourceUnavailableError: if the server does not answer any more.
    """
    variables = extract.environment()
    timeout = f"-c statement_timeout={1000 * extract.statement_timeout_seconds}"
    options = [timeout, *(f"-c {name}={value}" for name, value in SETTINGS.items())]
    settings = {
        **variables,
        "PGAPPNAME": f"marquee extract {extract.name}",
        "PGCLIENTENCODING": "UTF8",
        "PGOPTIONS": " ".join(options),
    }
    snapshot = None
    try:
        with _environment(settings), local_engine(folder) as connection:
            connection.execute(f"load {quoted(str(extension()))}")
            connection.execute(f"attach {quoted(CONNECTION)} as source (type postgres, read_only)")
            connection.execute("begin transaction")
            try:
                snapshot = Snapshot(connection)
                yield snapshot
                snapshot.check()
            finally:
                _give_up(connection)
    except (duckdb.Error, ExtractError, SourceUnavailableError) as error:
        raise_if_store_failed(error)
        subject = snapshot.subject if snapshot else ""
        raise _told(extract, subject, error) from error


def _give_up(connection: duckdb.DuckDBPyConnection) -> None:
    """End the transaction here: where a connection is lost, closing DuckDB ends the process."""
    with suppress(duckdb.Error):
        connection.execute("rollback")


@contextmanager
def local_engine(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine in bounded memory that writes the same bytes each time.

    Row groups that several threads write don't always have the same rows.
    """
    with connect() as connection:
        connection.execute("set threads = 1")
        connection.execute(f"set memory_limit = {quoted(MEMORY)}")
        connection.execute(f"set temp_directory = {quoted(str(folder / 'spill'))}")
        yield connection


def _told(extract: Extract, subject: str, error: Exception) -> Exception:
    """What to tell of an error: where it happened, in the server's words, without a password."""
    words = re.sub(r'Unable to connect to Postgres at "[^"]*": ', "", str(error))
    words = " ".join(words.split())
    if "password" in extract.variables:
        words = words.replace(os.environ[extract.variables["password"]], "***")
    where = ", ".join(filter(None, (f"{extract.name}: {_server_name(extract)}", subject)))
    if isinstance(error, ExtractError):
        return ExtractError(f"{where}: {words}")
    if REFUSED.search(words):
        return ExtractError(f"{where}: {words}. Correct it there, or in the environment.")
    if isinstance(error, SourceUnavailableError) or LOST.search(str(error)):
        return SourceUnavailableError(f"{where}: {words}")
    if "statement timeout" in words:
        words += ". Raise statement_timeout_seconds, or extract by a cursor"
    return ExtractError(f"{where}: {words}")


def _server_name(extract: Extract) -> str:
    """Host and database, as far as the environment says."""
    found: Mapping[str, str] = {**os.environ, **extract.environment()}
    host = found.get("PGHOST", "the local socket")
    port = f":{found['PGPORT']}" if "PGPORT" in found else ""
    return f"{host}{port}/{found.get('PGDATABASE', found.get('PGUSER', ''))}"


def identifier(name: str) -> str:
    """A name on the server, with its case."""
    return '"' + name.replace('"', '""') + '"'


def _on_server(query: str) -> str:
    return f"postgres_query('source', {quoted(query)})"


def extension() -> Path:
    """The extension's file, out of a Python package: nothing is fetched at run time.

    Raises:
        ExtractError: if it is not installed for this version of DuckDB.
    """
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "extensions" / f"v{duckdb.__version__}"
        for file in path.glob("postgres_scanner.duckdb_extension"):
            return file
    raise ExtractError(
        "DuckDB's extension for Postgres is not installed for DuckDB "
        f"{duckdb.__version__}: pip install 'marquee[postgres]'"
    )


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Variables of this process for as long as it talks to the server."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
