"""Churn in real builds: who may score, what costs may change, and what an empty service gets."""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from marquee.ml.churn import ModelSpecification, score_churn
from marquee.ml.feature_values import read_feature_values
from marquee.registry import LEDGERS, register_models
from marquee.trino.access import relations
from tests.python.conftest import PROJECT, Deployment
from tests.python.ml.churn.cases import service
from tests.python.ml.uplift import cases as offers

pytestmark = pytest.mark.slow

DATES = [dt.date(2026, month, 1) for month in range(1, 7)]
RETENTION = ("path:python_models/retention", "offer_uplifts", "customer_offer_effects")
CHURN = (
    *("path:python_models/churn", "churn_cutoffs", "customer_churn_risks", "feature_selections"),
    *("feature_drifts", "churn_prediction_origins", "prediction_source_files"),
)


@pytest.fixture
def planted(empty: Deployment, new_deployment: Callable[[str], Deployment]) -> Deployment:
    """Its warehouse and lake, for a test to put snapshots into."""
    deployment = new_deployment("planted")
    deployment.ingest()
    deployment.paths.warehouse.write_bytes(empty.paths.warehouse.read_bytes())
    return deployment


def plant(deployment: Deployment, snapshots: pa.Table, labels: pa.Table) -> None:
    """Puts snapshots and labels in place of those that SQL would make."""
    with deployment.writing() as connection:
        for name, table in (
            ("feat_customer_snapshots", snapshots),
            ("label_customer_churn", labels),
        ):
            connection.register("planted", table)
            connection.execute(f"create or replace table features.{name} as from planted")
            connection.unregister("planted")


def known_on(day: dt.date, tables: tuple[pa.Table, pa.Table]) -> tuple[pa.Table, pa.Table]:
    snapshots, labels = tables
    return (
        snapshots.filter(pa.compute.field("as_of_date") <= day),
        labels.filter(pa.compute.field("label_known_date") <= day),
    )


def register(deployment: Deployment) -> int:
    """What publishing does with models."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{deployment.paths.warehouse}' as warehouse (read_only)")
        return register_models(connection, "warehouse", deployment.lake)


def champion(deployment: Deployment) -> tuple[str, str]:
    [row] = deployment.query(
        "select model_version, algorithm from predictions.eval_churn_decisions "
        "where status = 'champion'"
    )
    return row


def scores(deployment: Deployment) -> list[tuple]:
    return deployment.query("from predictions.score_customer_churn order by customer_id")


def broken(snapshots: pa.Table) -> pa.Table:
    """The one feature that tells most is noise, on every day."""
    generator = np.random.default_rng(3)
    noise = pa.array(generator.gamma(2.0, 5.0, snapshots.num_rows)).cast(
        pa.decimal128(18, 4), False
    )
    return snapshots.set_column(snapshots.column_names.index("silence"), "silence", noise)


def test_a_broken_feature_changes_no_champion(planted: Deployment):
    """Run one publishes a champion; in run two a feature is broken, and the old one scores."""
    tables = service(customers=600, dates=DATES, noise=0.3)
    plant(planted, *known_on(DATES[-2], tables))
    assert planted.dbt("run", "--select", *CHURN)
    version, algorithm = champion(planted)
    assert algorithm != "constant"
    assert register(planted) > 0

    snapshots, labels = known_on(DATES[-1], tables)
    plant(planted, broken(snapshots), labels)
    assert planted.dbt("build", "--select", *CHURN, "--exclude", "test_type:data")
    assert champion(planted) == (version, algorithm)
    assert {row[2] for row in scores(planted)} == {version}
    statuses = dict(
        planted.query(
            "select status, count(*) from predictions.eval_churn_decisions "
            f"where model_version <> '{version}' group by status"
        )
    )
    # The new versions were trained and judged, and none was better beyond the interval.
    assert sum(statuses.values()) == 3
    assert planted.query(
        "select count(*) from predictions.eval_churn_models where metric = 'gain_over_champion'"
    ) == [(3,)]

    # The registry is all it takes: without the warehouse of run one the same version scores.
    expected = scores(planted)
    register(planted)
    with planted.writing() as connection:
        for table in ("train_churn_models", "eval_churn_models", "score_customer_churn"):
            connection.execute(f"drop table predictions.{table}")
    assert planted.dbt("run", "--select", *CHURN)
    assert scores(planted) == expected


def test_nothing_is_trained_twice(planted: Deployment, monkeypatch: pytest.MonkeyPatch):
    tables = service(customers=400, dates=DATES)
    plant(planted, *known_on(DATES[-2], tables))
    assert planted.dbt("run", "--select", *CHURN)
    expected = scores(planted)
    register(planted)

    def train(*_: object, **__: object) -> None:
        raise AssertionError("something was trained although nothing changed")

    monkeypatch.setattr("marquee.ml.tabular.registered.train_candidates", train)
    assert planted.dbt("run", "--select", *CHURN)
    assert scores(planted) == expected
    assert register(planted) == 0
    # A month later it is time again.
    plant(planted, *known_on(DATES[-1], tables))
    assert not planted.dbt("run", "--select", *CHURN)


def test_a_drift_is_trained_on_before_the_cadence_says_so(planted: Deployment):
    """From the fourth week on nobody watches as often as before."""
    weeks = [dt.date(2026, 1, 1) + dt.timedelta(weeks=week) for week in range(8)]
    snapshots, labels = service(customers=400, dates=weeks, noise=0.3)
    tables = (changed(snapshots, since=weeks[3]), labels)
    plant(planted, *known_on(weeks[4], tables))
    assert planted.dbt("run", "--select", *CHURN)
    assert trained_on(planted) == {weeks[4]}
    register(planted)

    plant(planted, *known_on(weeks[7], tables))
    assert planted.dbt("build", "--select", *CHURN, "--exclude", "test_type:data")
    assert weeks[7] in trained_on(planted)
    drifts = planted.query(
        "select drifts.feature, drifts.drift_status from serving.feature_drifts as drifts "
        "inner join predictions.train_registered_churn_models as registered "
        "using (model_version) where registered.is_champion group by all order by all"
    )
    assert ("silence", "drifted") in drifts
    assert {status for feature, status in drifts if feature != "silence"} == {"stable"}


def trained_on(deployment: Deployment) -> set[dt.date]:
    return {
        dt.date.fromisoformat(text)
        for (text,) in deployment.query(
            "select entry_text from predictions.train_churn_models "
            "where artifact_name = 'training' and entry_id = 'as_of_date'"
        )
    }


def changed(snapshots: pa.Table, since: dt.date) -> pa.Table:
    """From a day on, everybody has been silent for ten days longer."""
    position, kind = snapshots.column_names.index("silence"), pa.decimal128(18, 4)
    longer = pc.add(snapshots["silence"], Decimal("10.0000")).cast(kind)
    is_later = pc.greater_equal(snapshots["as_of_date"], pa.scalar(since))
    values = pc.if_else(is_later, longer, snapshots["silence"])
    return snapshots.set_column(position, "silence", values)


def test_what_a_prediction_came_from_gives_its_digits_again(planted: Deployment):
    """From what one join reaches, and the registry: neither features nor the warehouse's model."""
    plant(planted, *service(customers=400, dates=DATES, noise=0.3))
    assert planted.dbt("run", "--select", *CHURN)
    assert champion(planted)[1] != "constant"
    register(planted)
    reached = planted.query(
        "select risks.customer_id, risks.as_of_date, risks.model_version, "
        "risks.churn_probability, origins.log_odds, origins.feature_values, "
        "origins.training_fingerprint "
        "from serving.customer_churn_risks as risks "
        "inner join serving.churn_prediction_origins as origins "
        "using (customer_id, as_of_date, model_version) order by hash(risks.customer_id)"
    )
    assert len(reached) == 399
    artifacts = registered_artifacts(planted)
    for customer_id, day, version, probability, log_odds, values, fingerprint in reached[:5]:
        seen = read_feature_values([values])
        assert "silence" in seen.column_names
        seen = seen.append_column("customer_id", pa.array([customer_id]))
        seen = seen.append_column("as_of_date", pa.array([day], pa.date32()))
        named = pa.table(
            {"model_name": ["churn"], "model_version": [version], "status": ["champion"]}
        )
        [again] = score_churn(seen, artifacts, named).to_pylist()
        assert (again["churn_probability"], again["log_odds"]) == (probability, log_odds)
        own = artifacts.filter(pc.field("model_version") == version).to_pylist()
        assert fingerprint in {
            row["entry_text"] for row in own if row["entry_id"] == "training_fingerprint"
        }


def registered_artifacts(deployment: Deployment) -> pa.Table:
    files = (
        f"{deployment.lake.folder(deployment.lake.contract.table('marquee', 'model_artifacts'))}"
    )
    with duckdb.connect() as connection:
        return connection.execute(f"from '{files}/*/*.parquet'").to_arrow_table()


def fingerprints(deployment: Deployment) -> dict[str, tuple]:
    relations = deployment.query(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where schema_name in ('features', 'predictions', 'serving') order by all"
    )
    return {
        name: deployment.query(f"select count(*), sum(hash(own)) from {name} as own")[0]
        for (name,) in relations
    }


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        (
            "update seeds.churn_costs set offer_cost_usd = 12",
            {"serving.churn_cutoffs", "serving.customer_churn_risks"},
        ),
        (
            "update seeds.churn_cutoff_rules set cutoff_rule = 'recall', target_rate = 0.99",
            {"serving.churn_cutoffs", "serving.customer_churn_risks"},
        ),
    ],
)
def test_costs_and_rule_change_decisions_and_nothing_upstream(
    planted: Deployment, statement: str, changed: set[str]
):
    plant(planted, *service(customers=400, dates=DATES))
    assert planted.dbt("run", "--select", *CHURN)
    before = fingerprints(planted)
    columns = "customer_id, churn_probability, risk_band, reason_1, reason_2, reason_3"
    kept = planted.query(f"select {columns} from serving.customer_churn_risks order by all")
    targeted = "select count(*) from serving.customer_churn_risks where is_targeted"
    number = planted.query(targeted)
    with planted.writing() as connection:
        connection.execute(statement)
    assert planted.dbt("run", "--select", *CHURN)
    after = fingerprints(planted)
    assert {name for name in after if after[name] != before[name]} == changed
    assert planted.query(f"select {columns} from serving.customer_churn_risks order by all") == kept
    assert planted.query(targeted) != number


def test_costs_and_rule_are_read_by_cutoffs_and_what_follows_only(empty: Deployment):
    manifest = json.loads((empty.target() / "manifest.json").read_text())
    for seed, readers in (
        ("churn_costs", {"churn_cutoffs", "customer_churn_risks"}),
        ("churn_cutoff_rules", {"churn_cutoffs"}),
    ):
        children = manifest["child_map"][f"seed.marquee.{seed}"]
        found = {name.split(".")[2] for name in children if name.startswith("model.")}
        assert found == readers
    followers = manifest["child_map"]["model.marquee.churn_cutoffs"]
    assert {name.split(".")[2] for name in followers if name.startswith("model.")} == {
        "customer_churn_risks"
    }


def test_an_empty_service_has_no_scores_and_no_cutoffs(empty: Deployment):
    tables = ("customer_churn_risks", "churn_cutoffs", "feature_selections", "feature_drifts")
    tables += ("churn_prediction_origins", "offer_uplifts", "customer_offer_effects")
    for table in tables:
        assert empty.query(f"select count(*) from serving.{table}") == [(0,)]
    assert register(empty) == 0


def test_too_small_a_service_falls_back_to_the_baseline_and_says_so(planted: Deployment):
    plant(planted, *service(customers=30, dates=DATES[:3]))
    assert planted.dbt("run", "--select", *CHURN)
    assert champion(planted)[1] == "constant"
    assert planted.query(
        "select distinct split, customer_count, value from predictions.eval_churn_models"
    ) == [("none_2026-02-01", 0, None)]
    probabilities = planted.query(
        "select count(distinct churn_probability), count(*) from serving.customer_churn_risks "
        "where not is_targeted and reason_1 is null"
    )
    assert probabilities == [(1, 29)]


def test_the_committed_specification_has_every_entry():
    text = (PROJECT / "python_models" / "churn" / "_churn__models.yml").read_text()
    [settings] = [
        model["config"]["meta"]["specification"]
        for model in yaml.safe_load(text)["models"]
        if model["name"] == "train_churn_models"
    ]
    assert ModelSpecification.from_mapping(settings).cadence_days == 28
    for entry in (
        "objective",
        "decision",
        "success_criteria",
        "candidates",
        "selection",
        "cadence",
    ):
        lacking = {name: value for name, value in settings.items() if name != entry}
        with pytest.raises(ValueError, match=f"lacks {entry}"):
            ModelSpecification.from_mapping(lacking)


def test_features_are_nothing_personal(empty: Deployment):
    """What a model saw of a customer is served: see churn_prediction_origins.feature_values."""
    manifest = json.loads((empty.target() / "manifest.json").read_text())
    [features] = [
        relation
        for relation in relations(empty.lake.contract, manifest)
        if relation.table == "feat_customer_snapshots"
    ]
    assert not features.personal


def test_every_feature_has_words_for_what_it_says(empty: Deployment):
    features = {
        name
        for (name,) in empty.query(
            "select column_name from duckdb_columns() "
            "where table_name = 'feat_customer_snapshots' and column_name not in "
            "('customer_id', 'as_of_date', 'subscription_id', 'currency_code')"
        )
    }
    texts = empty.query("select feature from seeds.churn_reasons")
    assert {name for (name,) in texts} == features


def test_every_ledger_has_its_table_in_the_contract(empty: Deployment):
    for ledger in LEDGERS:
        columns = {
            column.name for column in empty.lake.contract.table("marquee", ledger.table).columns
        }
        assert set(ledger.unit) <= columns


def test_offers_have_effects_groups_and_an_order(planted: Deployment):
    """Chance held offers back: the build tells whom they keep, and the same when it is repeated."""
    tables, reductions = offers.service(customers=1500)
    snapshots = tables["snapshots"].append_column("country_code", pa.array(["US"] * 1500))
    sources = {
        "features.feat_customer_snapshots": snapshots,
        "features.label_customer_churn": tables["labels"],
        "features.feat_customer_genre_shares": tables["genre_shares"],
        "features.label_retention_offers": tables["offers"],
        "predictions.score_customer_churn": offers.scores(snapshots),
    }
    with planted.writing() as connection:
        for relation, table in sources.items():
            connection.register("planted", table)
            connection.execute(f"create or replace table {relation} as from planted")
            connection.unregister("planted")
    assert planted.dbt("build", "--select", *RETENTION, "--exclude", "test_type:data")
    before = fingerprints(planted)
    [(alone, rightly)] = planted.query(
        "select count(*), count(*) filter (genre_name = 'horror') "
        "from serving.customer_offer_effects inner join features.feat_customer_genre_shares "
        "using (customer_id) where is_better_left_alone"
    )
    assert alone > 0.8 * (reductions < 0).sum()
    assert rightly > 0.9 * alone
    assert planted.query(
        "select verdict from serving.offer_uplifts where group_type = 'expected_effect' "
        "order by group_name"
    ) == [("better left alone",), ("saved",)]
    assert planted.query("select distinct ranking_name from serving.customer_offer_effects") == [
        ("churn_reduction",)
    ]
    assert planted.dbt("run", "--select", *RETENTION)
    assert fingerprints(planted) == before
