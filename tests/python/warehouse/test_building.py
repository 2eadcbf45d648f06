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
from tests.python.rotation import of_today

pytestmark = pytest.mark.slow


MODELS = ("build", "--exclude", "test_type:data", "test_type:unit")

ABOUT_THE_PAST = (
    "catalog.",
    "predictions.train_registered_ad_models",
    "predictions.train_registered_churn_models",
    "predictions.train_registered_parameters",
    "predictions.train_registered_segments",
    "predictions.train_registered_sentiments",
)
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
            if not columns:  # it tells of the runs themselves
                continue
            packed = ", ".join(f'"{name}"' for name in columns)
            found[relation] = connection.execute(
                f"select count(*), sum(hash({packed})) from {relation}"
            ).fetchone()
    return found


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
    other.land_from(built)
    for path in other.landed():
        rank = 10**9 - int("".join(re.findall("[0-9]", path.name))[:8] or 0)
        path.rename(path.with_name(f"{rank}_{path.name}"))
    other.ingest()
    assert other.dbt(*MODELS)
    expected = fingerprints(built)
    assert fingerprints(other) == expected
    other.paths.warehouse.unlink()
    assert other.dbt(*MODELS)
    assert fingerprints(other) == expected


def test_training_is_skipped_when_nothing_changed(built: Deployment, new_deployment, monkeypatch):
    """With its models published, the same lake builds again without fitting anything."""
    deployment = new_deployment("again")
    deployment.copy_ingested(built)

    def fit(*_: object, **__: object) -> None:
        raise AssertionError("something was trained although nothing changed")

    for name in (
        "recommendation.fitting.fit_parameters",
        "recommendation.ranking_evaluation.fit_parameters",
        "recommendation.rating_evaluation.fit_biased_mf",
        "sentiment.training.out_of_fold_scores",
        "sequence.evaluation.fit_parameters",
        "sequence.fitting.fit_parameters",
        "tabular.registered.train_candidates",
    ):
        monkeypatch.setattr(f"marquee.ml.{name}", fit)
    assert deployment.dbt(*MODELS)
    assert fingerprints(deployment) == fingerprints(built)
    assert deployment.query("select count(*) > 0 from predictions.train_registered_parameters") == [
        (True,)
    ]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{deployment.paths.warehouse}' as warehouse (read_only)")
        assert register_models(connection, "warehouse", deployment.lake) == 0

    # The trap works: with one more watched title the same build has to train, and fails.
    [(customer_id, title_id)] = built.query(
        "select customer_id, title_id from features.feat_customer_title_interactions "
        "order by all limit 1"
    )
    event = {
        "event_id": "one more",
        "customer_id": customer_id,
        "device_id": "d1",
        "title_id": title_id,
        "event_type": "play",
        "position_ms": 0,
        "event_at": "2026-05-05T00:00:00Z",
        "received_at": "2026-06-30T00:00:00Z",
    }
    deployment.land("events/events/zz_one_more.jsonl", json.dumps(event))
    deployment.ingest()
    assert not deployment.dbt(*MODELS)


def test_an_empty_lake_builds_green_and_publishes(deployment: Deployment):
    deployment.ingest()
    assert deployment.dbt("build")
    publication = deployment.publish()
    assert publication.row_counts["serving.customer_recommendations"] == 0
    assert publication.row_counts["serving.customers"] == 0


SOURCES = ("ads", "billing", "contacts", "crm", "dam", "events", "panels", "social")


@pytest.mark.parametrize("present", of_today(SOURCES, 3))
def test_any_single_source_builds_green(built: Deployment, deployment: Deployment, present: str):
    """A week of it is enough: what is absent matters here, not how much is there.

    The newest panel figures are of the week before.
    """
    deployment.land_from(
        built,
        [
            path
            for path in (built.paths.landing / present).rglob("*")
            if re.search("2026-06(-3|-2[4-9]|-15|[^-]*$)", path.name) and path.is_file()
        ],
    )
    report = deployment.ingest()
    assert {file.file.table.source for file in report.loaded} == {present}
    assert deployment.dbt("build", "--exclude", "test_type:unit")


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
    rows = {}
    with duckdb.connect(
        str(built.paths.published / "marquee.duckdb"), read_only=True
    ) as connection:
        for path in compiled:
            sql = path.read_text().replace('"warehouse".', "")
            rows[path.stem] = connection.execute(sql).fetchall()
    assert list(rows) == [
        *("q1_segments_for_an_email_campaign", "q2_top_of_the_watch_list", "q3_who_is_at_risk"),
        *("q3_who_is_saved_by_an_offer", "q4_which_ads_run_mid_roll"),
        "q5_where_sentiment_is_heading",
    ]
    agreed = "select customer_id from serving.customer_segments where has_marketing_consent"
    assert {row[0] for row in rows["q1_segments_for_an_email_campaign"]} == {
        row[0] for row in built.query(agreed)
    }
    # All but strangers who turned to no title.
    [(customers,)] = built.query(
        "select count(*) from serving.customers where not is_inferred "
        "or customer_id in (select customer_id from features.feat_customers)"
    )
    assert len({row[0] for row in rows["q2_top_of_the_watch_list"]}) == customers
    at_risk = "select customer_id from serving.customer_churn_risks where is_targeted"
    assert {row[0] for row in rows["q3_who_is_at_risk"]} == {row[0] for row in built.query(at_risk)}
    first_asked = (
        "select customer_id from serving.customer_offer_effects where not is_better_left_alone "
        "order by offer_rank limit 100"
    )
    asked = [row[1] for row in rows["q3_who_is_saved_by_an_offer"]]
    assert asked == [customer for (customer,) in built.query(first_asked)]
    forecast = built.query(
        "select distinct entity_type, entity_id from serving.entity_sentiment_forecasts"
    )
    assert {row[:2] for row in rows["q5_where_sentiment_is_heading"]} == set(forecast)
    placed = (
        "select segment_label, main_genre_name, placement_rank, creative_id "
        "from serving.midroll_recommendations where placement_rank <= 3 order by all"
    )
    assert [row[:4] for row in rows["q4_which_ads_run_mid_roll"]] == built.query(placed)


def test_published_parquet_equals_the_published_database(built: Deployment):
    folder = built.paths.published / (built.paths.published / "CURRENT").read_text().strip()
    with duckdb.connect(
        str(built.paths.published / "marquee.duckdb"), read_only=True
    ) as connection:
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where "
            "database_name = current_database()"
        ).fetchall()
        manifest = json.loads((built.paths.home / "target" / "manifest.json").read_text())
        public = {
            (node["schema"], node["alias"])
            for node in manifest["nodes"].values()
            if node.get("access") == "public"
        }
        assert set(names) == public | {("catalog", "publication")}
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
        assert deployment.dbt("build", "--exclude", "test_type:unit")
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
