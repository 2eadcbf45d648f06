"""Trino's own command line, as an analyst starts it."""

import csv
import io
import subprocess

import duckdb
import pytest

from marquee.trino import artifacts
from tests.python.java import fetched
from tests.python.trino.conftest import Twins

pytestmark = pytest.mark.slow


def execute(twins: Twins, statement: str) -> subprocess.CompletedProcess[str]:
    [program] = fetched(artifacts.CLI)
    server = f"http://127.0.0.1:{twins.server.port}"
    return subprocess.run(
        [
            *(artifacts.java(), "-XX:TieredStopAtLevel=1", "-jar", program, "--server", server),
            *("--user", "analyst", "--catalog", "marquee", "--output-format", "CSV_HEADER"),
            *("--execute", statement),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_command_line_writes_csv(twins: Twins):
    query = (
        "select customer_id, country_code, has_marketing_consent, registered_at "
        "from serving.customers order by customer_id limit 50"
    )
    result = execute(twins, query)
    assert result.returncode == 0, result.stderr
    header, *rows = csv.reader(io.StringIO(result.stdout))
    published = twins.deployment.paths.published / "marquee.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        expected = connection.execute(query)
        names = [column[0] for column in expected.description or ()]
        texts = [[text(value) for value in row] for row in expected.fetchall()]
    assert header == names
    assert rows == texts
    assert len(rows) == 50


def text(value: object) -> str:
    return {None: "", True: "true", False: "false"}.get(value, str(value))  # type: ignore[call-overload]


def test_the_command_line_refuses_what_an_analyst_may_not_see(twins: Twins):
    for relation in ("serving_candidate.customers", "audit.build_events"):
        result = execute(twins, f"select count(*) from {relation}")
        assert result.returncode == 1
        assert "Access Denied" in result.stderr
