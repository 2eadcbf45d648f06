"""Iceberg keeps what was deleted; forgetting does not."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from marquee.forgetting import Customers
from marquee.forgetting.tables_of_trino import remove_history, search_tables
from marquee.trino import TrinoServer
from marquee.trino.session import Session
from tests.python.conftest import deployment_in, environment

pytestmark = pytest.mark.slow

TABLES = ["forgetting.days", "forgetting.numbers"]


@pytest.fixture
def session(server: TrinoServer) -> Session:
    home = server.paths.home
    deployment = deployment_in(home, MARQUEE_TRINO_PORT=str(server.port))
    with environment(deployment.paths.environment() | deployment.settings):
        return Session(deployment.paths)


def ids_in_files(home: Path) -> set[str]:
    """Every customer whom a data file of the tables still names, decoded."""
    files = [pq.read_table(path) for path in home.rglob("forgetting/days*/data/*.parquet")]
    # A delete writes a file of positions.
    rows = [file for file in files if "customer_id" in file.column_names]
    return {value for file in rows for value in file["customer_id"].to_pylist()}


def test_neither_snapshots_nor_files_of_nobody_name_them(session: Session, server: TrinoServer):
    home = server.paths.home
    session.query("create schema if not exists forgetting")
    session.query("create table forgetting.days (day integer, customer_id varchar)")
    session.query("create table forgetting.numbers as select 1 as number")
    session.query("insert into forgetting.days values (1, 'gone'), (1, 'stays')")
    [path] = home.rglob("forgetting/days*/data/*.parquet")
    customers = Customers(("gone",))
    assert search_tables(session, customers, TABLES) == {"trino: forgetting.days": 1}
    session.query("delete from forgetting.days where customer_id = 'gone'")
    session.query("create or replace table forgetting.days as select * from forgetting.days")
    # As a killed build leaves it: a file that no snapshot names.
    path.with_name("orphan.parquet").write_bytes(path.read_bytes())
    assert search_tables(session, customers, TABLES) == {}
    assert ids_in_files(home) == {"gone", "stays"}

    remove_history(session, TABLES)

    assert ids_in_files(home) == {"stays"}
    assert session.query("select * from forgetting.days") == [(1, "stays")]
    assert len(session.query('select * from forgetting."days$snapshots"')) == 1
