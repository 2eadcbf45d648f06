"""Files of the lake as Hive tables: a wrong location reads as zero rows without an error."""

import gzip
import shutil
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner

from marquee.engine import connect
from marquee.ingest.formats import Format
from tests.python.conftest import PROJECT, Deployment, environment
from tests.python.trino.conftest import CORRECTION, Twins

pytestmark = pytest.mark.slow


def test_every_table_has_the_rows_that_the_manifest_names(twins: Twins):
    counts = twins.ask(
        "select source_name, table_name, sum(loaded_row_count) "
        "from lake.marquee.file_manifest group by 1, 2 order by 1, 2"
    )
    assert len(counts) == len(list(twins.deployment.lake.contract.landed()))
    for source, table, loaded in counts:
        assert loaded > 0
        assert twins.ask(f"select count(*) from lake.{source}.{table}") == [(loaded,)]
        assert len(twins.deployment.lake_rows(f"{source}.{table}")) == loaded


def test_every_table_of_the_contract_has_the_same_rows_as_its_files(twins: Twins):
    lake = twins.deployment.lake
    with connect() as connection:
        for table in lake.contract.all():
            names = ", ".join(column.name for column in table.columns)
            flat = list(lake.folder(table).glob("*.parquet"))
            pattern = lake.folder(table) / ("*.parquet" if flat else "*/*.parquet")
            [(expected,)] = connection.execute(
                f"select count(*) from (select {names} from read_parquet('{pattern}', "
                "union_by_name = true, hive_partitioning = false))"
            ).fetchall()
            found = twins.ask(
                f"select count(*) from (select {names} from lake.{table.source}.{table.name})"
            )
            assert found == [(expected,)], table.full_name


def properties(twins: Twins) -> list[tuple]:
    """Of all external tables; each tells the query that made it."""
    names = twins.ask(
        "select table_schema, table_name from lake.information_schema.tables "
        "where table_schema <> 'information_schema' and table_type = 'BASE TABLE' order by 1, 2"
    )
    return [
        twins.ask(f'select * from lake.{schema}."{table}$properties"') for schema, table in names
    ]


def create(twins: Twins) -> None:
    for engine in ("duckdb", "trino"):
        assert twins.deployment.dbt("run-operation", "create_external_tables", engine=engine)


def test_landed_files_can_be_read_before_any_typing(twins: Twins):
    """Row by row of each file, on both engines, against what ingestion counted."""
    create(twins)
    manifest = {
        name: (f"{source}__{table}__{kind}", rows, bad)
        for source, table, kind, name, rows, bad in twins.ask(
            "select source_name, table_name, file_format, file_name, landed_row_count, "
            "quarantined_row_count from lake.marquee.file_manifest"
        )
    }
    views = sorted({view for view, _, _ in manifest.values()})
    assert {view.rpartition("__")[2] for view in views} == set(Format)
    checked = 0
    for view in views:
        query = f"select landing_file, count(*) from {{}}.{view} group by 1"
        on_trino = dict(twins.ask(query.format("lake.landing")))
        # DuckDB itself reads three of the formats.
        is_on_duckdb = view.endswith(("__csv", "__json_lines", "__parquet"))
        on_duckdb = (
            dict(twins.deployment.query(query.format("landing"))) if is_on_duckdb else on_trino
        )
        for name, (of_view, rows, bad) in manifest.items():
            if of_view != view:
                continue
            if view.endswith("__csv") and bad:
                # Damaged CSV: Hive takes each line for a record, and on DuckDB a quote that is
                # never closed takes the rest of the file with it.
                assert on_duckdb[name] <= rows <= on_trino[name], name
            elif view.endswith("__json_lines") and bad:
                # DuckDB leaves out a line that is not UTF-8; Hive shows it without its signs.
                assert rows - bad <= on_duckdb[name] <= rows, name
                assert on_trino[name] == rows, name
            elif view.endswith("__csv"):
                # To Hive a line end in quotes ends a record, too.
                assert on_duckdb[name] == rows, name
                assert rows <= on_trino[name] <= line_count(twins.deployment, name) - 1, name
                checked += on_trino[name] == rows
            else:
                assert on_trino[name] == on_duckdb[name] == rows, name
                checked += 1
    assert checked > 50


def line_count(deployment: Deployment, name: str) -> int:
    content = (deployment.paths.landing / name).read_bytes()
    plain = gzip.decompress(content) if name.endswith(".gz") else content
    return len(plain.splitlines())


def test_files_with_other_columns_are_read_by_their_own_header(twins: Twins):
    """Hive reads by position; a backslash, a doubled quote and a comma are text on both engines."""
    query = (
        "select customer_id, country_code, full_name, email, landing_file "
        "from {}.crm__customers__csv where customer_id = 'c_corrected'"
    )
    expected = [("c_corrected", "PT", 'a\\b "c", d', None, CORRECTION)]
    assert twins.ask(query.format("lake.landing")) == expected
    assert twins.deployment.query(query.format("landing")) == expected


def test_the_values_are_what_landed(twins: Twins):
    create(twins)
    query = (
        "select customer_id, full_name, country_code, registered_at, landing_file "
        "from {}.crm__customers__csv order by 5, 1"
    )
    on_trino = twins.ask(query.format("lake.landing"))
    assert on_trino == twins.deployment.query(query.format("landing"))
    named = next(row for row in on_trino if row[1] and row[-1] != CORRECTION)
    assert ",".join(named[:2]) in (twins.deployment.paths.landing / named[-1]).read_text()
    query = (
        "select title_id, title_name, release_year, genres, landing_file "
        "from {}.dam__titles__json_lines order by 5, 1"
    )
    on_trino = twins.ask(query.format("lake.landing"))
    assert on_trino == twins.deployment.query(query.format("landing"))
    assert on_trino[0][3].startswith('["')


def test_the_operation_can_be_repeated(twins: Twins):
    create(twins)
    before = properties(twins)
    create(twins)
    assert properties(twins) == before


def test_folders_and_months_come_and_go(twins: Twins):
    """Partitions follow the folders: new ones appear, removed ones leave no error behind."""
    lake = twins.deployment.paths.lake
    month = lake / "events" / "events" / "batch_month=1999-01"
    month.mkdir()
    source = next((lake / "events" / "events").glob("batch_month=2026-06/*.parquet"))
    (month / "old.parquet").write_bytes(source.read_bytes())
    count = "select count(*) from lake.events.events where batch_month = '1999-01'"
    try:
        create(twins)
        assert twins.ask(count)[0][0] > 0
    finally:
        (month / "old.parquet").unlink()
        month.rmdir()
    create(twins)
    assert twins.ask(count) == [(0,)]
    assert twins.ask('select count(*) from lake.events."events$partitions"') == [
        (len(list((lake / "events" / "events").iterdir())),)
    ]


def test_a_changed_contract_migrates_the_table(twins: Twins, tmp_path: Path):
    """A new column, a new type: the table follows, its files and all other tables stay."""
    project = tmp_path / "project"
    for name in ("models", "python_models", "macros", "seeds", "tests/generic"):
        shutil.copytree(PROJECT / name, project / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, project)
    contract = project / "models" / "staging" / "social" / "_social__sources.yml"
    added = "          - name: like_count\n            data_type: bigint\n"
    document = contract.read_text()
    changed = document.replace("          - name: network_name\n", f"{added}{{0}}", 1)
    contract.write_text(changed.replace("{0}", "          - name: network_name\n"))
    assert contract.read_text() != document
    columns = (
        "select column_name from lake.information_schema.columns where table_schema = 'social' "
        "and table_name = 'ratings'"
    )
    before = [made[0] for made in properties(twins)]
    rows = twins.ask("select count(*) from lake.social.ratings")
    try:
        with environment(twins.deployment.paths.environment() | twins.deployment.settings):
            folders = ["--project-dir", str(project), "--profiles-dir", str(project)]
            arguments = ["run-operation", "create_external_tables", "--target", "trino", "--quiet"]
            assert dbtRunner().invoke([*arguments, *folders]).success
        assert ("like_count",) in twins.ask(columns)
        assert twins.ask("select count(*), count(like_count) from lake.social.ratings") == [
            (rows[0][0], 0)
        ]
        assert (
            sum(
                one != other
                for one, other in zip(before, (m[0] for m in properties(twins)), strict=True)
            )
            == 1
        )
    finally:
        create(twins)
    assert ("like_count",) not in twins.ask(columns)
    assert twins.ask("select count(*) from lake.social.ratings") == rows
