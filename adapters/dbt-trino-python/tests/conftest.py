"""The server to test against comes from the environment; see README.md."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trino

from dbt.adapters.trino_python.storage import Storage

pytest_plugins = ["dbt.tests.fixtures.project"]

VARIABLES = (
    "DBT_TRINO_HOST",
    "DBT_TRINO_PORT",
    "DBT_TRINO_CATALOG",
    "DBT_TRINO_STAGING_CATALOG",
    "DBT_TRINO_STAGING_LOCATION",
)


@dataclass(frozen=True)
class Server:
    """A Trino server with an Iceberg catalogue, and a Hive catalogue on the same files."""

    host: str
    port: int
    catalog: str
    staging_catalog: str
    staging_location: str


@pytest.fixture(scope="session")
def server() -> Server:
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing:
        reason = f"no Trino server to test against: set {', '.join(missing)}"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    host, port, catalog, staging_catalog, staging_location = (
        os.environ[name] for name in VARIABLES
    )
    return Server(host, int(port), catalog, staging_catalog, staging_location)


@pytest.fixture(scope="session")
def staging_schema() -> str:
    """A schema of its own for the test run: other runs and real models stay undisturbed."""
    return f"dbt_python_tests_{os.getpid()}"


@pytest.fixture(scope="session")
def trino_python_target(server: Server, staging_schema: str) -> Iterator[dict[str, object]]:
    location = f"{server.staging_location}/{staging_schema}"
    yield {
        "type": "trino_python",
        "method": "none",
        "host": server.host,
        "port": server.port,
        "user": "dbt",
        "database": server.catalog,
        "threads": 4,
        "staging_catalog": server.staging_catalog,
        "staging_schema": staging_schema,
        "staging_location": location,
    }
    cursor = trino.dbapi.connect(host=server.host, port=server.port, user="dbt").cursor()
    cursor.execute(f"drop schema if exists {server.staging_catalog}.{staging_schema} cascade")
    cursor.fetchall()
    Storage({}).remove_folder(location)


@pytest.fixture(scope="class")
def dbt_profile_target(trino_python_target: dict[str, object]) -> dict[str, object]:
    return dict(trino_python_target)


@pytest.fixture(scope="class")
def fetch(project):
    """Run one statement of Trino and return its rows."""

    def run(sql: str) -> list[list[object]]:
        return project.run_sql(
            sql.format(schema=f"{project.database}.{project.test_schema}"), "all"
        )

    return run


@pytest.fixture(scope="class")
def column_types(project):
    """Return name and type of each column of a table."""

    def run(table: str) -> dict[str, str]:
        rows = project.run_sql(
            f"select column_name, data_type from {project.database}.information_schema.columns "
            f"where table_schema = '{project.test_schema}' and table_name = '{table}' "
            "order by ordinal_position",
            "all",
        )
        return dict(rows)

    return run


@pytest.fixture(scope="session")
def staging_path(trino_python_target: dict[str, object]) -> Path:
    return Path(str(trino_python_target["staging_location"]).removeprefix("file://"))


@pytest.fixture(scope="class")
def assert_no_staging(project, staging_schema: str, server: Server, staging_path: Path):
    """Nothing is left, neither tables nor files."""

    def check() -> None:
        tables = project.run_sql(
            f"select table_name from {server.staging_catalog}.information_schema.tables "
            f"where table_schema = '{staging_schema}' and table_name like 'dbt_python_2%'",
            "all",
        )
        assert not tables
        assert not [path.name for path in staging_path.glob("dbt_python_2*")]

    return check
