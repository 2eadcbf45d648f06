"""Drift of the customers that are scored, and when it makes a training due."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from marquee.ml.artifacts import read_artifacts
from marquee.ml.churn import DRIFT_SCHEMA, measure_churn_drifts, train_churn_models
from marquee.ml.tabular.artifacts import training_fact

from .cases import SNAPSHOT_SCHEMA, registered, service, shuffled, specification, version_of

DATES = [dt.date(2026, month, 1) for month in range(1, 10)]
CHANGE = DATES[4]
"""From this day on, customers are other ones."""


@pytest.fixture(scope="module")
def stable() -> tuple[pa.Table, pa.Table]:
    return service(customers=250, dates=DATES)


@pytest.fixture(scope="module")
def changing(stable: tuple[pa.Table, pa.Table]) -> tuple[pa.Table, pa.Table]:
    snapshots, labels = stable
    return changed(snapshots, CHANGE), labels


def changed(snapshots: pa.Table, since: dt.date) -> pa.Table:
    """Nobody has watched for ten more days than customers used to, from a day on."""
    later = pc.add(snapshots["silence"], pa.scalar(Decimal("10.0000"))).cast(pa.decimal128(18, 4))
    is_later = pc.greater_equal(snapshots["as_of_date"], pa.scalar(since))
    position = snapshots.column_names.index("silence")
    values = pc.if_else(is_later, later, snapshots["silence"])
    return snapshots.set_column(position, SNAPSHOT_SCHEMA.field("silence"), values)


def known_on(day: dt.date, tables: tuple[pa.Table, pa.Table]) -> tuple[pa.Table, pa.Table]:
    snapshots, labels = tables
    return (
        snapshots.filter(pc.field("as_of_date") <= day),
        labels.filter(pc.field("label_known_date") <= day),
    )


def trained_on(tables: tuple[pa.Table, pa.Table], **settings: object) -> list[int]:
    """Builds and publishes on every day from the fourth on; months of the last training of each."""
    found, artifacts = [], None
    for day in DATES[3:]:
        known = None if artifacts is None else registered(artifacts)
        artifacts = train_churn_models(*known_on(day, tables), specification(**settings), known)
        days = {training_fact(rows, "as_of_date") for rows in read_artifacts(artifacts).values()}
        found.append(max(dt.date.fromisoformat(text).month for text in days))
    return found


def test_a_stable_service_is_trained_once(stable: tuple[pa.Table, pa.Table]) -> None:
    assert trained_on(stable, cadence="on drift") == [4] * 6
    assert trained_on(stable, cadence="every 90 days | on drift") == [4, 4, 4, 7, 7, 7]


def test_a_drift_is_trained_on_once_its_labels_are_known(
    changing: tuple[pa.Table, pa.Table],
) -> None:
    # Customers change in May. What became of them is known in June, when they are held back to
    # judge by; in July they are a fifth of the rows to train on, in August a third: enough to
    # make a difference. September adds little.
    assert trained_on(changing, cadence="on drift") == [4, 4, 4, 4, 8, 8]
    assert trained_on(changing, cadence="every 300 days") == [4] * 6
    assert trained_on(changing, cadence="on drift", drift_ignored_features=["silence"]) == [4] * 6


def test_a_service_too_small_for_a_model_tries_again() -> None:
    small = service(customers=5, dates=DATES)
    assert trained_on(small, cadence="on drift") == [4, 5, 6, 7, 8, 9]


def test_a_repeated_build_decides_again_alike(changing: tuple[pa.Table, pa.Table]) -> None:
    settings = specification(cadence="on drift")
    first = train_churn_models(*known_on(DATES[3], changing), settings)
    again = train_churn_models(*known_on(DATES[7], changing), settings, registered(first))
    both = pa.concat_tables([first, again])
    repeated = train_churn_models(*known_on(DATES[7], changing), settings, registered(both))
    assert repeated.equals(again)
    assert not again.equals(first)


def test_drifts_of_every_version_and_feature(changing: tuple[pa.Table, pa.Table]) -> None:
    settings = specification(drift_ignored_features=["plan_id"])
    snapshots, _ = changing
    artifacts = train_churn_models(*known_on(DATES[3], changing), settings)
    found = measure_churn_drifts(snapshots, artifacts, settings)
    assert found.schema == DRIFT_SCHEMA
    rows = {(row["algorithm"], row["feature"]): row for row in found.to_pylist()}
    assert {name for name, _ in rows} == {"logistic_regression", "gradient_boosting"}
    silence = rows["gradient_boosting", "silence"]
    assert silence["model_version"] == version_of(artifacts, "gradient_boosting")
    assert silence["drift_status"] == "drifted"
    assert silence["stability_index"] > silence["drifted_index"] == Decimal("0.25")
    assert silence["training_row_count"] == 500
    # One of 250 customers has cancelled.
    assert silence["scored_customer_count"] == 249
    assert silence["as_of_date"] == DATES[-1]
    gap = silence["scored_missing_rate"] - silence["training_missing_rate"]
    assert abs(gap - silence["missing_rate_difference"]) <= Decimal("1e-8")
    plan = rows["gradient_boosting", "plan_id"]
    assert (plan["drift_status"], plan["is_ignored"], silence["is_ignored"]) == (
        "stable",
        True,
        False,
    )
    for seed in (1, 2):
        assert measure_churn_drifts(shuffled(snapshots, seed), artifacts, settings).equals(found)


def test_nothing_trained_and_nobody_scored_is_no_drift(stable: tuple[pa.Table, pa.Table]) -> None:
    artifacts = train_churn_models(*known_on(DATES[3], stable), specification())
    nothing = DRIFT_SCHEMA.empty_table()
    assert measure_churn_drifts(stable[0], artifacts.slice(0, 0), specification()).equals(nothing)
    assert measure_churn_drifts(stable[0].slice(0, 0), artifacts, specification()).equals(nothing)


def test_an_ignored_feature_that_is_none_is_named(stable: tuple[pa.Table, pa.Table]) -> None:
    settings = specification(drift_ignored_features=["tenure_days", "tenur_days"])
    with pytest.raises(ValueError, match="names tenur_days, from which nothing is learned"):
        train_churn_models(*stable, settings)
