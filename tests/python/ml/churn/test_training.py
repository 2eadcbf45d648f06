import datetime as dt

import pyarrow as pa
import pytest

from marquee.ml.churn import ARTIFACT_SCHEMA, train_churn_models
from marquee.ml.tabular import registered as versioning

from .cases import (
    DATES,
    LABEL_SCHEMA,
    SNAPSHOT_SCHEMA,
    registered,
    service,
    shuffled,
    specification,
    version_of,
)

ALGORITHMS = {"constant", "logistic_regression", "gradient_boosting"}


@pytest.fixture(scope="module")
def trained() -> pa.Table:
    return train_churn_models(*service(), specification())


def facts(artifacts: pa.Table, name: str) -> set[str]:
    return {
        row["entry_text"]
        for row in artifacts.to_pylist()
        if (row["artifact_name"], row["entry_id"]) == ("training", name)
    }


def test_every_candidate_stands_in_rows_with_a_key(trained: pa.Table) -> None:
    assert trained.schema == ARTIFACT_SCHEMA
    assert set(trained["algorithm"].to_pylist()) == ALGORITHMS
    keys = trained.select(["model_version", "artifact_name", "entry_id", "field_name"])
    assert keys.group_by(keys.column_names).aggregate([]).num_rows == trained.num_rows
    assert trained["entry_text"].null_count == 0


def test_any_order_of_the_rows_gives_the_same_artefacts(trained: pa.Table) -> None:
    for seed in (1, 2):
        snapshots, labels = (shuffled(table, seed) for table in service())
        assert train_churn_models(snapshots, labels, specification()).equals(trained)


def test_training_sees_only_labels_known_on_the_day_it_is_judged_by(trained: pa.Table) -> None:
    # Of the four labelled days the newest judges; the others were known by then.
    assert facts(trained, "training_row_count") == {"900"}
    snapshots, labels = service()
    position = labels.column_names.index("label_known_date")
    late = pa.array([dt.date(2026, 5, 1)] * labels.num_rows, pa.date32())
    known_late = labels.set_column(position, "label_known_date", late)
    found = train_churn_models(snapshots, known_late, specification())
    # No label was known then, so customers are held back instead: 30 % of 300, on all days.
    assert facts(found, "training_row_count") == {"840"}


def test_what_came_later_changes_nothing(trained: pa.Table) -> None:
    """Other features and labels of the newest days leave the models as they are."""
    snapshots, labels = service()
    cut = DATES[-2]
    other_snapshots, other_labels = service(seed=2)
    poisoned = [
        pa.concat_tables(
            [
                own.filter(pa.compute.field("as_of_date") < cut),
                other.filter(pa.compute.field("as_of_date") >= cut),
            ]
        )
        for own, other in ((snapshots, other_snapshots), (labels, other_labels))
    ]
    assert train_churn_models(*poisoned, specification()).equals(trained)


def test_registered_versions_are_copied(trained: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    fit = versioning.train_candidates

    def record(rows: object, families: list[str], own: object) -> object:
        asked.extend(families)
        return fit(rows, families, own)  # type: ignore[arg-type]  # only passed on

    monkeypatch.setattr(versioning, "train_candidates", record)
    boosting = version_of(trained, "gradient_boosting")
    others = trained.filter(pa.compute.field("model_version") != boosting)
    again = train_churn_models(*service(), specification(), registered(shuffled(others, 3)))
    assert asked == ["boosting"]
    assert again.equals(trained)


def test_between_trainings_the_last_versions_go_on() -> None:
    monthly = specification(cadence="every 45 days")
    snapshots, labels = service(dates=DATES)
    before = (
        snapshots.filter(pa.compute.field("as_of_date") < DATES[-1]),
        labels.filter(pa.compute.field("label_known_date") < DATES[-1]),
    )
    first = train_churn_models(*before, monthly)
    again = train_churn_models(snapshots, labels, monthly, registered(first))
    assert again.equals(first)
    # A month later 45 days are over; other settings or no cadence do not wait.
    for own in (specification(cadence="every 30 days"), specification()):
        assert facts(
            train_churn_models(snapshots, labels, own, registered(first)), "as_of_date"
        ) == {"2026-05-01"}
    changed = specification(cadence="every 45 days", seed=8)
    found = train_churn_models(snapshots, labels, changed, registered(first))
    assert facts(found, "as_of_date") == {"2026-05-01"}


def test_the_registered_champion_stays_beside_new_versions(trained: pa.Table) -> None:
    old = train_churn_models(*service(seed=5), specification())
    champion = version_of(old, "logistic_regression")
    found = train_churn_models(*service(), specification(), registered(old, champion))
    versions = set(found["model_version"].to_pylist())
    assert versions == {*trained["model_version"].to_pylist(), champion}


def test_a_champion_whose_feature_is_gone_cannot_score(trained: pa.Table) -> None:
    old = train_churn_models(*service(seed=5), specification())
    snapshots, labels = service()
    found = train_churn_models(
        snapshots.drop(["silence"]),
        labels,
        specification(),
        registered(old, version_of(old, "logistic_regression")),
    )
    assert not set(found["model_version"].to_pylist()) & set(old["model_version"].to_pylist())


def test_without_labels_there_is_no_version() -> None:
    snapshots, labels = service()
    for tables in (
        (snapshots, LABEL_SCHEMA.empty_table()),
        (SNAPSHOT_SCHEMA.empty_table(), labels),
    ):
        found = train_churn_models(*tables, specification())
        assert found.num_rows == 0
        assert found.schema == ARTIFACT_SCHEMA


@pytest.mark.parametrize("customers", [1, 5])
def test_too_small_a_service_has_the_baseline_only(customers: int) -> None:
    found = train_churn_models(*service(customers=customers), specification())
    assert set(found["algorithm"].to_pylist()) == {"constant"}


def test_one_outcome_only_leaves_the_baseline() -> None:
    snapshots, labels = service()
    position = labels.column_names.index("is_churned")
    nobody = labels.set_column(position, "is_churned", pa.array([False] * labels.num_rows))
    found = train_churn_models(snapshots, nobody, specification())
    assert set(found["algorithm"].to_pylist()) == {"constant"}
