"""The warehouse as a whole: what goes in comes out, and only that."""

import json
import re
import subprocess
import sys

import duckdb
import pyarrow.parquet as pq
import pytest

from marquee.engine import connect
from marquee.registry import register_models
from tests.python.conftest import PROJECT, Deployment

pytestmark = pytest.mark.slow


ABOUT_THE_PAST = ("catalog.", "predictions.train_registered_parameters")
"""What tells of earlier runs and publications, and so may differ for equal lakes."""


def fingerprints(deployment: Deployment) -> dict[str, tuple]:
    """Rows and an order-free hash of every model, lineage columns left out."""
    manifest = json.loads((deployment.paths.home / "target" / "manifest.json").read_text())
    found = {}
    with deployment.warehouse() as connection:
        for node in manifest["nodes"].values():
            relation = f"{node['schema']}.{node['alias']}"
            if node["resource_type"] != "model" or relation.startswith(ABOUT_THE_PAST):
                continue
            columns = [
                name
                for name, column in node["columns"].items()
                if "lineage" not in column["config"]["tags"]
            ]
            packed = ", ".join(f'"{name}"' for name in columns)
            found[relation] = connection.execute(
                f"select count(*), sum(hash({packed})) from {relation}"
            ).fetchone()
    return found


def test_duplicates_and_strangers_are_resolved_to_the_row(built: Deployment):
    planted = json.loads((built.paths.home / "truth" / "planted.json").read_text())
    [events] = [t for t in planted["tables"] if t["table_name"] == "events"]
    loaded = events["landed_row_count"] - events["quarantined_row_count"]
    assert events["duplicate_row_count"] > 0
    assert built.query("select count(*) from staging.stg_events__events") == [(loaded,)]
    copies = events["duplicate_row_count"] + events["kinds"]["conflicting_event_id"]
    assert built.query("select count(*) from enriched.fct_events") == [(loaded - copies,)]
    strangers = events["kinds"]["unknown_customer_id"]
    [(inferred,)] = built.query("select count(*) from enriched.dim_customers where is_inferred")
    assert 0 < inferred <= strangers


def test_new_customers_get_lists_by_country(built: Deployment):
    strategies = dict(
        built.query(
            "select strategy, count(distinct customer_id) from serving.customer_recommendations "
            "group by strategy"
        )
    )
    [(without_history,)] = built.query(
        "select count(*) from features.feat_customers where customer_id not in "
        "(select customer_id from features.feat_customer_title_interactions)"
    )
    assert without_history > 0
    assert strategies["personal"] > 0
    assert strategies.get("territory", 0) + strategies.get("popular", 0) >= without_history


def test_the_champion_beats_popularity_on_a_split_by_time(built: Deployment):
    [(algorithm, split, value, baseline)] = built.query(
        "select algorithm, split, value, baseline_value "
        "from serving.model_versions inner join serving.model_evaluations "
        "using (model_name, model_version, algorithm) "
        "where model_name = 'recommender' and status = 'champion' and metric = 'ndcg_at_10'"
    )
    assert algorithm != "popularity"
    assert split in ("date", "customer_time")
    assert value > baseline


def test_shuffled_files_one_thread_and_a_second_build_give_the_same_tables(
    built: Deployment, new_deployment
):
    other = new_deployment("other")
    other.settings["MARQUEE_THREADS"] = "1"
    # The same content under names that sort the other way round, so that load ids differ.
    for source in sorted(built.paths.landing.rglob("*")):
        if source.is_file():
            folder, name = source.relative_to(built.paths.landing).parent, source.name
            rank = 10**9 - int("".join(re.findall("[0-9]", name))[:8] or 0)
            (other.paths.landing / folder).mkdir(parents=True, exist_ok=True)
            (other.paths.landing / folder / f"{rank}_{name}").write_bytes(source.read_bytes())
    other.ingest()
    assert other.dbt("build")
    expected = fingerprints(built)
    assert fingerprints(other) == expected
    other.paths.warehouse.unlink()
    assert other.dbt("build")
    assert fingerprints(other) == expected


def test_nothing_received_later_changes_an_earlier_snapshot(built: Deployment, new_deployment):
    """Cut the future off, then poison it: features and predictions as of a date stay the same."""
    cut = "2026-06-10"
    results = {}
    for name in ("whole", "cut", "poisoned"):
        deployment = new_deployment(name)
        deployment.settings["MARQUEE_AS_OF_DATE"] = cut
        for source in built.paths.landing.rglob("*"):
            if not source.is_file():
                continue
            relative = source.relative_to(built.paths.landing).as_posix()
            days = re.findall("[0-9]{4}-[0-9]{2}-[0-9]{2}", relative)
            is_extract = relative.startswith(("crm/", "dam/"))
            if name == "cut" and days and (days[-1] > cut or (is_extract and days[-1] == cut)):
                continue
            deployment.land(relative, source.read_bytes())
        if name == "poisoned":
            deployment.land("events/events/zz_poison.jsonl", poison(built, cut))
        deployment.ingest()
        assert deployment.dbt("build", "--exclude", "test_type:data")
        prints = fingerprints(deployment)
        seeing = ("features.", "predictions.")
        results[name] = {
            relation: value for relation, value in prints.items() if relation.startswith(seeing)
        }
        assert results[name]["features.feat_customer_title_interactions"][0] > 0
    assert results["cut"] == results["whole"]
    assert results["poisoned"] == results["whole"]


def poison(built: Deployment, cut: str) -> str:
    """Events of real customers and titles, backdated by the device, received on the cut day."""
    lines = []
    for number, (customer_id, title_id) in enumerate(
        built.query(
            "select customer_id, title_id from features.feat_customer_title_interactions "
            "order by all limit 500"
        )
    ):
        lines.append(
            json.dumps(
                {
                    "event_id": f"poison{number}",
                    "customer_id": customer_id,
                    "title_id": title_id,
                    "event_type": "watch",
                    "watched_ms": 1,
                    "event_at": "2026-05-05T00:00:00Z",
                    "received_at": f"{cut}T00:00:00Z",
                }
            )
        )
    return "\n".join(lines)


def test_training_is_skipped_when_nothing_changed(built: Deployment, new_deployment, monkeypatch):
    """With its models published, the same lake builds again without fitting anything."""
    deployment = new_deployment("again")
    for source in built.paths.landing.rglob("*"):
        if source.is_file():
            relative = source.relative_to(built.paths.landing).as_posix()
            deployment.land(relative, source.read_bytes())
    deployment.ingest()
    assert deployment.dbt("build", "--exclude", "test_type:data")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{deployment.paths.warehouse}' as warehouse (read_only)")
        assert register_models(connection, "warehouse", deployment.lake) > 0
        assert register_models(connection, "warehouse", deployment.lake) == 0
    before = fingerprints(deployment)

    def fit(*_: object, **__: object) -> None:
        raise AssertionError("something was trained although nothing changed")

    for name in (
        "fitting.fit_parameters",
        "ranking_evaluation.fit_parameters",
        "rating_evaluation.fit_biased_mf",
    ):
        monkeypatch.setattr(f"marquee.ml.recommendation.{name}", fit)
    deployment.paths.warehouse.unlink()
    assert deployment.dbt("build", "--exclude", "test_type:data")
    assert fingerprints(deployment) == before

    # The trap works: with one more watched title the same build has to train, and fails.
    deployment.land(
        "events/events/zz_one_more.jsonl", poison(built, "2026-06-30")[:500].split("\n")[0]
    )
    deployment.ingest()
    assert not deployment.dbt("build", "--exclude", "test_type:data")


def test_an_empty_lake_builds_green_and_publishes(deployment: Deployment):
    deployment.ingest()
    assert deployment.dbt("build")
    publication = deployment.publish()
    assert publication.row_counts["serving.customer_recommendations"] == 0
    assert publication.row_counts["serving.customers"] == 0


@pytest.mark.parametrize("present", ["crm", "dam", "social", "events"])
def test_any_single_source_builds_green(built: Deployment, deployment: Deployment, present: str):
    for source in (built.paths.landing / present).rglob("*"):
        if source.is_file():
            relative = source.relative_to(built.paths.landing).as_posix()
            deployment.land(relative, source.read_bytes())
    deployment.ingest()
    assert deployment.dbt("build")


def test_without_a_lake_the_build_names_the_command_to_type(deployment: Deployment):
    result = subprocess.run(
        [
            *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", "build"),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(deployment.paths.home / "target")),
            *("--log-path", str(deployment.paths.home / "logs")),
        ],
        env={"PATH": "/usr/bin:/bin", **deployment.paths.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert "marquee init" in result.stdout


def test_the_analyses_answer_their_questions(built: Deployment):
    assert built.dbt("compile", "--select", "path:analyses")
    compiled = sorted((built.paths.home / "target" / "compiled").rglob("analyses/*.sql"))
    assert [path.stem for path in compiled] == ["q2_top_of_the_watch_list"]
    for path in compiled:
        sql = path.read_text()
        with duckdb.connect(
            str(built.paths.published / "marquee.duckdb"), read_only=True
        ) as connection:
            rows = connection.execute(sql.replace('"warehouse".', "")).fetchall()
        assert rows
        [(customers,)] = built.query("select count(*) from serving.customers")
        assert len({row[0] for row in rows}) == customers


def test_published_parquet_equals_the_published_database(built: Deployment):
    folder = built.paths.published / (built.paths.published / "CURRENT").read_text().strip()
    with duckdb.connect(
        str(built.paths.published / "marquee.duckdb"), read_only=True
    ) as connection:
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where "
            "database_name = current_database()"
        ).fetchall()
        assert len(names) == 10
        for schema, table in names:
            count = connection.execute(f"select count(*) from {schema}.{table}").fetchone()
            assert pq.read_metadata(folder / schema / f"{table}.parquet").num_rows == count[0]


def test_the_lake_is_readable_without_dbt(built: Deployment):
    with connect() as connection:
        row = connection.execute(
            f"select count(*) from read_parquet('{built.paths.lake}/events/events/*/*.parquet')"
        ).fetchone()
    assert row[0] > 1000


@pytest.mark.long
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_other_and_larger_services_keep_the_laws(new_deployment, seed: int):
    """Four times the size, three seeds: dirt found to the row, threads without influence."""
    results = []
    for threads in ("2", "1"):
        deployment = new_deployment(f"threads{threads}")
        deployment.settings["MARQUEE_THREADS"] = threads
        deployment.generate(scale=0.02, days=90, seed=seed)
        deployment.ingest()
        assert deployment.dbt("build")
        results.append(fingerprints(deployment))
    assert results[0] == results[1]
    planted = json.loads((deployment.paths.home / "truth" / "planted.json").read_text())
    for table in planted["tables"]:
        name = (table["source_name"], table["table_name"])
        [found] = deployment.query(
            "select sum(landed_row_count), sum(quarantined_row_count) from catalog.file_manifest "
            f"where source_name = '{name[0]}' and table_name = '{name[1]}'"
        )
        assert found == (table["landed_row_count"], table["quarantined_row_count"])
    [(gain,)] = deployment.query(
        "select least_gain from predictions.eval_recommender_decisions "
        "where model_name = 'recommender' and status = 'champion'"
    )
    assert gain > 0
