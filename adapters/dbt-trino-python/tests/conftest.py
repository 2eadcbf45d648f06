"""The server to test against comes from the environment; see README.md."""

import os
from dataclasses import dataclass

import pytest

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
def trino_python_target(server: Server, staging_schema: str) -> dict[str, object]:
    return {
        "type": "trino_python",
        "method": "none",
        "host": server.host,
        "port": server.port,
        "user": "dbt",
        "database": server.catalog,
        "threads": 4,
        "staging_catalog": server.staging_catalog,
        "staging_schema": staging_schema,
        "staging_location": f"{server.staging_location}/{staging_schema}",
    }


@pytest.fixture(scope="class")
def dbt_profile_target(trino_python_target: dict[str, object]) -> dict[str, object]:
    return dict(trino_python_target)
