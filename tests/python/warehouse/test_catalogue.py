"""What the catalogue says of the warehouse is what the warehouse is."""

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from typer.testing import CliRunner

from marquee.catalogue.entries import declared_catalogue, published_catalogue
from marquee.catalogue.search import build_index, search
from marquee.cli import app
from marquee.parity import DuckDBEngine
from marquee.publish import DATABASE
from tests.python.conftest import PROJECT, Deployment, deployment_in, environment

pytestmark = pytest.mark.slow

TRINO_QUERY_CHARACTERS = 1_000_000
"""What Trino takes by default (query.max-length)."""


def test_columns_and_types_are_those_of_the_built_tables(built: Deployment):
    told: dict[str, dict[str, str]] = {}
    for relation, column, data_type in built.query(
        "select relation_name, column_name, data_type from catalog.columns "
        "where layer not in ('lake', 'audit')"
    ):
        told.setdefault(relation, {})[column] = data_type
    assert len(told) > 200
    engine = DuckDBEngine(built.paths.warehouse)
    try:
        for relation, columns in told.items():
            assert engine.columns(*relation.split(".")) == columns, relation
    finally:
        engine.close()


def test_every_column_of_the_contract_is_there_with_its_range_and_sensitivity(
    built: Deployment, contract
):
    told = {
        row[:2]: row[2:]
        for row in built.query(
            "select relation_name, column_name, sensitivity, valid_range, owner "
            "from catalog.columns where layer = 'lake'"
        )
    }
    expected = {
        (table.full_name, column.name) for table in contract.all() for column in table.columns
    }
    assert set(told) == expected
    for table in contract.all():
        for column in table.columns:
            sensitivity, valid_range, owner = told[table.full_name, column.name]
            assert sensitivity == column.sensitivity
            assert owner
            for value in column.valid_values:
                assert value in valid_range
            assert column.is_nullable == ("never null" not in (valid_range or ""))


def test_bounds_of_personal_columns_are_told_nowhere(built: Deployment):
    [(personal, bounded)] = built.query(
        "select count(*), count(coalesce(minimum_text, maximum_text, cast(minimum_at as varchar), "
        "cast(minimum_number as varchar))) from catalog.columns "
        "where sensitivity in ('personal', 'identifying') and row_count is not null"
    )
    assert personal > 5
    assert bounded == 0


def test_the_nodes_of_a_run_are_there_with_their_rows(built: Deployment):
    [(invocation, nodes)] = built.query(
        "select invocation_id, node_count from catalog.runs where command = 'build' "
        "and run_status = 'succeeded' and is_whole_graph order by started_at limit 1"
    )
    rows = built.query(
        "select node_type, relation_name, node_status, built_row_count from catalog.run_nodes "
        f"where invocation_id = '{invocation}'"
    )
    assert len(rows) == nodes
    assert {"model", "seed", "test", "unit_test"} <= {row[0] for row in rows}
    counted = [row for row in rows if row[3] is not None]
    assert len(counted) > 150
    assert {row[2] for row in counted} == {"success"}
    # One is about the run itself, and empty after it.
    told = {row[1]: row[3] for row in counted if row[1] != "enriched.int_touched_days"}
    found = built.query(
        " union all ".join(f"select '{name}', count(*) from {name}" for name in sorted(told))
    )
    assert dict(found) == told


def test_every_question_is_served_and_its_tests_pass(built: Deployment):
    rows = built.query(
        "select requirement_id, requirement_status, test_count from catalog.requirement_results "
        "where requirement_id like 'Q%' order by requirement_id"
    )
    assert [row[:2] for row in rows] == [(f"Q{number}", "passing") for number in range(1, 6)]
    assert all(count > 1 for _, _, count in rows)


def test_models_name_requirements_that_there_are(built: Deployment):
    with (PROJECT / "seeds" / "requirements.csv").open(newline="") as file:
        known = {row["requirement_id"] for row in csv.DictReader(file)}
    named = built.query(
        "select requirement_ids from catalog.relations where requirement_ids is not null"
    )
    assert {name for (names,) in named for name in names.split(", ")} <= known


def test_the_statements_are_short_enough_for_trino(built: Deployment):
    folder = built.target() / "compiled" / "marquee" / "models" / "catalog"
    for path in folder.glob("*.sql"):
        # With room for half as much again, and for what dbt writes around.
        assert len(path.read_text()) < TRINO_QUERY_CHARACTERS / 1.5, path.name


def test_search_needs_no_warehouse(built: Deployment, deployment: Deployment):
    """From the project's files alone the same is found as from what is published."""
    assert published_catalogue(deployment.paths) is None
    with environment(deployment.paths.environment()):
        declared = build_index(declared_catalogue(deployment.paths))
    published = build_index(published_catalogue(built.paths))
    assert not deployment.paths.warehouse.exists()
    for words in ("cancel", "watch list", "money"):
        assert search(declared, words) == search(published, words)


def test_the_command_prints_the_best_first(built: Deployment):
    with environment(built.paths.environment()):
        result = CliRunner().invoke(app, ["search", "watch", "list", "--limit", "3"])
        nothing = CliRunner().invoke(app, ["search", "zzzz"])
    names = re.findall(r"^(\S+)  serving$", result.output, re.MULTILINE)
    assert len(names) == 3
    assert {"serving.customer_recommendations", "serving.watchlist_promotions"} <= set(names)
    assert "Try another word" in nothing.output


def test_what_is_undeclared_stops_the_build(tmp_path: Path, capfd: pytest.CaptureFixture):
    project = tmp_path / "project"
    project.mkdir()
    for path in PROJECT.iterdir():
        if path.name not in ("seeds", "target", "logs", "var") and not path.name.startswith("."):
            (project / path.name).symlink_to(path)
    shutil.copytree(PROJECT / "seeds", project / "seeds")
    declared = project / "seeds" / "_seeds.yml"
    document = yaml.safe_load(declared.read_text())
    seeds = {entry["name"]: entry for entry in document["seeds"]}
    [rate] = [c for c in seeds["exchange_rates"]["columns"] if c["name"] == "usd_rate"]
    del rate["description"]
    del seeds["exchange_rates"]["config"]["column_types"]["usd_rate"]
    del seeds["churn_costs"]["config"]["meta"]["sensitivity"]
    declared.write_text(yaml.safe_dump(document))
    deployment = deployment_in(tmp_path / "home")
    deployment.ingest()
    paths = replace(deployment.paths, project=project)
    arguments = ["seed", "--select", "exchange_rates", "--project-dir", str(project)]
    arguments += ["--profiles-dir", str(PROJECT), "--target-path", str(tmp_path / "target")]
    with environment(paths.environment()):
        result = dbtRunner().invoke([*arguments, "--log-path", str(tmp_path / "logs")])
    DuckDBConnectionManager.close_all_connections()
    assert not result.success
    told = capfd.readouterr().out
    assert "Undeclared, add to the YAML beside the model" in told
    assert "seeds.exchange_rates.usd_rate: description, data_type" in told
    assert re.search(r"seeds.churn_costs.\w+: config.meta.sensitivity", told)
    assert "segment_labels" not in told


LITERALS = {("serving.recommendation_strategies", "strategy")}
"""What is served and made from no column: rungs of a ladder have their names in the SQL."""


def test_lineage_leads_from_each_served_column_to_what_landed(built: Deployment):
    """A known answer, nothing left out, nothing invented."""
    with duckdb.connect(str(built.paths.published / DATABASE), read_only=True) as published:

        def ask(sql: str) -> set[tuple]:
            return set(published.execute(sql).fetchall())

        assert ask(
            "select upstream_relation_name, upstream_column_name, lineage_kind "
            "from catalog.column_lineage where column_name = 'churn_probability' "
            "and relation_name = 'serving.customer_churn_risks'"
        ) == {("predictions.score_customer_churn", "churn_probability", "column")}
        assert ask("select distinct lineage_kind from catalog.column_lineage") == {
            (kind,) for kind in ("column", "rows", "python")
        }
        declared = ask("select relation_name, column_name from catalog.columns")
        told = ask(
            "select relation_name, column_name from catalog.column_lineage union "
            "select upstream_relation_name, upstream_column_name from catalog.column_lineage "
            "where upstream_column_name not in ('*', '_file_key', '_row_number')"
        )
        assert told <= declared
        assert {place for place in declared - told if place[0].startswith("serving.")} == LITERALS
        origins = ask(
            "with recursive origins as ("
            "select relation_name as served_name, upstream_relation_name, upstream_column_name "
            "from catalog.column_lineage where relation_name like 'serving.%' union "
            "select origins.served_name, step.upstream_relation_name, step.upstream_column_name "
            "from origins inner join catalog.column_lineage as step "
            "on step.relation_name = origins.upstream_relation_name "
            "and origins.upstream_column_name in (step.column_name, '*')) "
            "select served_name, upstream_relation_name, upstream_column_name from origins "
            "inner join catalog.relations on relation_name = upstream_relation_name "
            "where layer = 'lake'"
        )
    served = {name for name, _ in declared if name.startswith("serving.")}
    assert {name for name, _, _ in origins} == served
    assert ("serving.titles", "dam.title_genres", "genre_name") in origins
    assert ("serving.customer_churn_risks", "events.events", "event_at") in origins
