"""What BI tools do through JDBC, done by Java programs with the drivers of both engines.

The programs stand in ``tests/java``. DuckDB's driver unpacks its library of 60 MB into Java's
temporary folder at each start: here that is the test's own.
"""

import json
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from marquee.builds import Build
from marquee.parity import LINEAGE, MAY_BE_EMPTY
from marquee.publish import PUBLICATION, PUBLICATION_COLUMNS, prepare, switch
from marquee.trino import artifacts
from marquee.trino.access import ANALYST_SCHEMAS, HIDDEN
from marquee.trino.publish import CANDIDATE, _prepared, _switch
from tests.python.conftest import PROJECT
from tests.python.java import Programs, compiled, fetched
from tests.python.trino.conftest import Twins

pytestmark = pytest.mark.slow

PUBLIC_SCHEMAS = ("serving", "catalog")
DUCKDB_VERSIONS = 21
ESCAPES = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
SQL_TYPES = {"timestamp(6)": "TIMESTAMP"}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    classes, scratch = (tmp_path_factory.mktemp(name) for name in ("classes", "java"))
    return compiled(
        (PROJECT / "tests" / "java").glob("*.java"),
        fetched(artifacts.DUCKDB_JDBC, artifacts.TRINO_JDBC),
        classes,
        "--enable-native-access=ALL-UNNAMED",
        f"-Djava.io.tmpdir={scratch}",
    )


@dataclass(frozen=True)
class Seen:
    """What a program wrote, by the first word of its lines."""

    facts: dict[str, list[tuple[str | None, ...]]]

    def __getitem__(self, kind: str) -> list[tuple[str | None, ...]]:
        return self.facts.get(kind, [])

    @property
    def tables(self) -> list[str]:
        return [f"{schema}.{table}" for schema, table, _ in self["table"]]

    def columns(self, relation: str) -> list[str]:
        return [str(c[2]) for c in self["column"] if f"{c[0]}.{c[1]}" == relation]

    def rows(self, relation: str, without: frozenset[str] = frozenset()) -> list[tuple]:
        """Rows in an order of their own, without some columns."""
        kept = [n for n, name in enumerate(self.columns(relation), start=2) if name not in without]
        rows = [row for row in self["row"] if f"{row[0]}.{row[1]}" == relation]
        return sorted((tuple(row[n] for n in kept) for row in rows), key=repr)


def seen(output: str) -> Seen:
    facts: dict[str, list[tuple[str | None, ...]]] = {}
    for line in output.splitlines():
        kind, *fields = line.split("\t")
        facts.setdefault(kind, []).append(tuple(map(unescaped, fields)))
    return Seen(facts)


def unescaped(field: str) -> str | None:
    if field == "\\N":
        return None
    parts, position = [], 0
    while position < len(field):
        pair = field[position : position + 2]
        parts.append(ESCAPES.get(pair, field[position]))
        position += 2 if pair in ESCAPES else 1
    return "".join(parts)


def duckdb_url(published: Path) -> str:
    return f"jdbc:duckdb:{published / 'marquee.duckdb'}"


def everything(programs: Programs, url: str, *properties: str, zone: str = "UTC") -> Seen:
    schemas = ",".join(PUBLIC_SCHEMAS)
    arguments = ("ReadEverything", url, "marquee", schemas, *properties)
    return seen(programs.run(*arguments, zone=zone))


@pytest.fixture(scope="module")
def on_duckdb(programs: Programs, twins: Twins) -> Seen:
    url = duckdb_url(twins.deployment.paths.published)
    return everything(programs, url, "duckdb.read_only=true")


@pytest.fixture(scope="module")
def on_trino(programs: Programs, twins: Twins) -> Seen:
    """As an engineer, who sees everything."""
    return everything(programs, f"jdbc:trino://127.0.0.1:{twins.server.port}", "user=marquee")


@pytest.fixture(scope="module")
def as_analyst(programs: Programs, twins: Twins) -> Seen:
    """In another time zone: it must not matter. (One with a summer time has hours that java.sql
    can't hold; docs/connect says to set UTC.)"""
    url = f"jdbc:trino://127.0.0.1:{twins.server.port}/marquee"
    return everything(programs, url, "user=analyst", zone="Asia/Kolkata")


@pytest.fixture(scope="module")
def public_models(twins: Twins) -> dict[str, dict[str, Any]]:
    manifest = json.loads((twins.deployment.target() / "manifest.json").read_text())
    nodes = [node for node in manifest["nodes"].values() if node["schema"] in PUBLIC_SCHEMAS]
    return {f"{n['schema']}.{n['alias']}": n for n in nodes if n["resource_type"] == "model"}


def test_both_drivers_list_the_tables_that_the_project_makes_public(
    on_duckdb: Seen, on_trino: Seen, public_models: dict
):
    assert set(on_duckdb.tables) == set(on_trino.tables) == {*public_models, PUBLICATION}


def test_both_drivers_give_the_same_rows(on_duckdb: Seen, on_trino: Seen, public_models: dict):
    compared = 0
    for relation, model in public_models.items():
        lineage = frozenset(
            name for name, column in model["columns"].items() if LINEAGE in column["config"]["tags"]
        )
        rows = on_duckdb.rows(relation, lineage)
        assert rows == on_trino.rows(relation, lineage), relation
        assert rows or MAY_BE_EMPTY in model["config"]["meta"], relation
        compared += len(rows)
    assert compared > 10_000
    for both in (on_duckdb, on_trino):
        [(version, *_)] = both.rows(PUBLICATION)
        assert re.fullmatch(r"v\d{6}", str(version))


def test_both_drivers_announce_the_types_that_arrive(
    on_duckdb: Seen, on_trino: Seen, public_models: dict
):
    assert sorted(on_duckdb["column"], key=repr) == sorted(on_trino["column"], key=repr)
    for both in (on_duckdb, on_trino):
        assert [column[:4] for column in both["column"]] == both["result"]
    announced = {(c[0], c[1], c[2]): c[3] for c in on_duckdb["column"]}
    expected = {
        (model["schema"], model["alias"], name): SQL_TYPES.get(
            column["data_type"], column["data_type"].upper()
        )
        for model in public_models.values()
        for name, column in model["columns"].items()
    }
    assert {key: announced[key] for key in expected} == expected
    kinds = {str(kind).partition("(")[0] for kind in announced.values()}
    assert kinds == {"BOOLEAN", "INTEGER", "BIGINT", "DECIMAL", "VARCHAR", "DATE", "TIMESTAMP"}


def test_columns_carry_the_descriptions_of_the_project(on_duckdb: Seen, public_models: dict):
    """Of DuckDB; the test above says that Trino's are the same."""
    found = {(f"{c[0]}.{c[1]}", c[2]): c[5] for c in on_duckdb["column"]}
    expected: dict[tuple[str, str], str] = {
        (relation, name): column["description"]
        for relation, model in public_models.items()
        for name, column in model["columns"].items()
    }
    for name, text in PUBLICATION_COLUMNS.items():
        expected[PUBLICATION, str(name)] = text
    assert found == expected
    assert all(found.values())


def test_tables_carry_the_descriptions_of_the_project(
    twins: Twins, on_duckdb: Seen, on_trino: Seen, public_models: dict
):
    expected = {relation: model["description"] for relation, model in public_models.items()}
    found = {f"{schema}.{table}": text for schema, table, text in on_duckdb["table"]}
    assert found.pop(PUBLICATION)
    assert found == expected
    # Trino tells its JDBC driver none; people ask for them.
    assert {text for *_, text in on_trino["table"]} == {None}
    comments = twins.ask(
        "select schema_name || '.' || table_name, comment from system.metadata.table_comments "
        "where catalog_name = 'marquee' and schema_name in ('serving', 'catalog')",
        user="analyst",
    )
    visible = {k: v for k, v in expected.items() if k not in HIDDEN}
    assert {k: v for k, v in comments if k != PUBLICATION} == visible


def test_an_analyst_finds_public_schemas_only(as_analyst: Seen, on_trino: Seen):
    """No lake, no staging, no candidates, no audit: not even their names."""
    found = {str(schema) for catalog, schema in as_analyst["schema"] if catalog == "marquee"}
    assert found == ANALYST_SCHEMAS
    assert {catalog for catalog, _ in as_analyst["schema"]} == {"marquee", "system"}
    # Otherwise there would have been nothing to hide.
    assert any(str(schema).endswith(CANDIDATE) for _, schema in on_trino["schema"])
    assert set(as_analyst.tables) == set(on_trino.tables) - HIDDEN


def test_an_analyst_reads_the_same_rows_in_any_time_zone(as_analyst: Seen, on_trino: Seen):
    for relation in as_analyst.tables:
        assert as_analyst.columns(relation) == on_trino.columns(relation)
        assert as_analyst.rows(relation) == on_trino.rows(relation), relation


def test_prepared_statements_find_the_rows_that_were_read(
    on_duckdb: Seen, on_trino: Seen, as_analyst: Seen
):
    for found in (on_duckdb, on_trino, as_analyst):
        asked = found["prepared"]
        assert {kind for _, _, _, kind, _, _ in asked} == {
            "BOOLEAN", "INTEGER", "BIGINT", "DECIMAL", "VARCHAR", "DATE", "TIMESTAMP"
        }  # fmt: skip
        assert [row for row in asked if row[4] != row[5] or row[5] == "0"] == []
        assert len(asked) == 14


# One row, with the number of the version in every column.
WHOLE_VERSION = """
select cast(substr(publication.version, 2) as integer) as published,
    (select count(*) from serving.one) as one_rows,
    (select min(version) from serving.one) as one_least,
    (select max(version) from serving.two) as two_greatest,
    (select count(*) from serving.three) as three_rows
from catalog.publication
"""


def publish_on_duckdb(folder: Path, number: int) -> None:
    """Publish tables of ``number`` rows that each hold ``number``."""
    warehouse, relations = folder / f"warehouse{number}.duckdb", ("one", "two", "three")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema serving")
        for relation in relations:
            connection.execute(
                f"create table serving.{relation} as "
                f"select {number} as version from range({number})"
            )
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        build = Build(str(number), number, tuple(f"serving.{name}" for name in relations))
        candidate = prepare(connection, folder / "published", build, folder / "work")
    switch(folder / "published", candidate)
    warehouse.unlink()


def read_while(
    readers: list[subprocess.Popen], stop: Path, publish: Callable[[int], None], numbers: range
) -> list[dict[str, tuple[int, int, int]]]:
    """Publish versions while readers read; what the readers report."""
    try:
        for reader in readers:
            assert reader.stdout is not None
            said = reader.stdout.readline()
            assert said == "reading\n", reader.communicate()[1]
        for number in numbers:
            publish(number)
            time.sleep(0.1)
    finally:
        stop.touch()
        results = [reader.communicate(timeout=120) for reader in readers]
    assert [reader.returncode for reader in readers] == [0] * len(readers), results
    reports = []
    for output, _ in results:
        words = [line.split() for line in output.splitlines()]
        reports.append({name: (int(a), int(b), int(c)) for name, a, b, c in words})
    return reports


def test_a_reader_would_notice_a_mixed_version(programs: Programs, tmp_path: Path):
    mixed = ("1 as one, 2 as two", "1 as one where 1 = 2", "1 as one union all select 1")
    for query in mixed:
        arguments = (str(tmp_path / "stop"), "jdbc:duckdb:", f"select {query}")
        reader = programs.start("ReadWhilePublishing", *arguments)
        _, errors = reader.communicate(timeout=120)
        assert reader.returncode == 1
        assert "java.sql.SQLException: " in errors


def test_readers_of_the_file_see_no_error_while_twenty_versions_are_published(
    programs: Programs, tmp_path: Path
):
    publish_on_duckdb(tmp_path, 1)
    stop = tmp_path / "stop"
    url = duckdb_url(tmp_path / "published")

    def reader(*properties: str) -> subprocess.Popen:
        return programs.start(
            "ReadWhilePublishing",
            *(str(stop), url, WHOLE_VERSION, "duckdb.read_only=true", *properties),
        )

    plain, separate, shared = read_while(
        [reader("keep=false"), reader("jdbc_instance_cache=false"), reader()],
        stop,
        lambda number: publish_on_duckdb(tmp_path, number),
        range(2, DUCKDB_VERSIONS + 1),
    )
    reads, versions, newest = plain["new"]
    assert (reads >= 20, versions >= 10, newest) == (True, True, DUCKDB_VERSIONS)
    # A connection keeps what it opened; one opened beside it sees the newest version ...
    reads, versions, newest = separate["new"]
    assert (reads >= 20, versions >= 10, newest) == (True, True, DUCKDB_VERSIONS)
    assert separate["kept"] == (reads, 1, 1)
    # ... but not by default: the driver gives a second connection to a file what the first has.
    assert shared["kept"] == shared["new"] == (shared["new"][0], 1, 1)


def test_readers_of_the_views_see_no_error_while_twenty_versions_are_published(
    programs: Programs, twins: Twins, tmp_path: Path
):
    """Views in a schema of their own, switched by what publishing calls."""
    session, stop = twins.session(), tmp_path / "stop"

    def publish_on_trino(number: int) -> None:
        session.query(f"insert into moving{CANDIDATE}.one values ({number}, 'x')")
        _switch(session, [_prepared(session, f"moving{CANDIDATE}.one")])

    try:
        session.query(f"create schema moving{CANDIDATE}")
        session.query(
            f"create table moving{CANDIDATE}.one (version integer comment 'A number.', "
            "text varchar comment 'A text.') comment 'Versions. One row per version.'"
        )
        publish_on_trino(1)
        reader = programs.start(
            "ReadWhilePublishing",
            *(str(stop), f"jdbc:trino://127.0.0.1:{twins.server.port}/marquee"),
            "select max(version) as newest, count(*) as total, count(distinct version) as kinds"
            " from moving.one",
            "user=marquee",
        )
        [report] = read_while([reader], stop, publish_on_trino, range(2, DUCKDB_VERSIONS + 1))
        for connection in ("kept", "new"):
            reads, versions, newest = report[connection]
            assert (reads >= 10, versions >= 5, newest) == (True, True, DUCKDB_VERSIONS)
    finally:
        session.query("drop view if exists moving.one")
        session.query("drop schema if exists moving")
        session.query(f"drop table if exists moving{CANDIDATE}.one")
        session.query(f"drop schema if exists moving{CANDIDATE}")
