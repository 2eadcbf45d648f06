import math
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from marquee.ml.churn import (
    CONTRIBUTION_SCHEMA,
    SCORE_SCHEMA,
    explain_churn,
    score_churn,
    train_churn_models,
)
from marquee.ml.feature_values import read_feature_values

from .cases import DATES, decisions, service, shuffled, specification, version_of

ALGORITHMS = ("constant", "logistic_regression", "gradient_boosting")


@pytest.fixture(scope="module")
def trained() -> pa.Table:
    return train_churn_models(*service(), specification())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_everybody_who_has_not_cancelled_gets_a_score(trained: pa.Table, algorithm: str) -> None:
    snapshots, _ = service()
    version = version_of(trained, algorithm)
    found = score_churn(snapshots, trained, decisions(trained, version))
    assert found.schema == SCORE_SCHEMA
    assert found["customer_id"].to_pylist() == [f"c{row:04d}" for row in range(1, 300)]
    assert set(found["as_of_date"].to_pylist()) == {DATES[-1]}
    assert set(found["model_version"].to_pylist()) == {version}
    for row in found.to_pylist():
        expected = 1.0 / (1.0 + math.exp(-float(row["log_odds"])))
        assert float(row["churn_probability"]) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_contributions_add_up_to_the_log_odds(trained: pa.Table, algorithm: str) -> None:
    snapshots, _ = service()
    chosen = decisions(trained, version_of(trained, algorithm))
    scores = score_churn(snapshots, trained, chosen)
    parts = explain_churn(snapshots, trained, chosen)
    assert parts.schema == CONTRIBUTION_SCHEMA
    sums: dict[str, Decimal] = {}
    for row in parts.to_pylist():
        sums[row["customer_id"]] = sums.get(row["customer_id"], Decimal(0)) + row["contribution"]
    for row in scores.to_pylist():
        total = sums.get(row["customer_id"], Decimal(0)) + row["base_log_odds"]
        assert abs(total - row["log_odds"]) < Decimal("1e-9")


def test_levels_tell_where_a_value_lies(trained: pa.Table) -> None:
    snapshots, _ = service()
    chosen = decisions(trained, version_of(trained, "logistic_regression"))
    parts = explain_churn(snapshots, trained, chosen)
    levels = {
        feature: set(parts.filter(pc.field("feature") == feature)["value_level"].to_pylist())
        for feature in ("plan_id", "silence")
    }
    assert levels == {"plan_id": {"category"}, "silence": {"high", "low", "missing"}}
    largest = parts.filter(pc.field("feature") == "silence").sort_by(
        [("contribution", "descending")]
    )
    assert set(largest["value_level"].to_pylist()[:50]) == {"high"}


def test_one_customer_alone_gets_the_digits_of_the_batch(trained: pa.Table) -> None:
    snapshots, _ = service()
    for algorithm in ALGORITHMS:
        chosen = decisions(trained, version_of(trained, algorithm))
        batch = score_churn(shuffled(snapshots, 1), trained, chosen)
        one = score_churn(snapshots.filter(pc.field("customer_id") == "c0042"), trained, chosen)
        assert one.equals(batch.filter(pc.field("customer_id") == "c0042").combine_chunks())


def test_what_the_model_saw_gives_the_digits_again(trained: pa.Table) -> None:
    snapshots, _ = service()
    for algorithm in ALGORITHMS:
        chosen = decisions(trained, version_of(trained, algorithm))
        scores = score_churn(snapshots, trained, chosen)
        assert score_churn(as_seen(scores), trained, chosen).equals(scores)
    # One row alone, of which a text is missing: nothing else tells that it is one.
    position = snapshots.column_names.index("plan_id")
    nameless = snapshots.set_column(position, "plan_id", pa.nulls(snapshots.num_rows, pa.string()))
    one = score_churn(nameless, trained, chosen).slice(7, 1)
    assert score_churn(as_seen(one), trained, chosen).equals(one.combine_chunks())


def as_seen(scores: pa.Table) -> pa.Table:
    """Snapshots from nothing but what was kept beside the scores."""
    seen = read_feature_values(scores["feature_values"].to_pylist())
    keys = scores.select(["customer_id", "as_of_date"])
    return pa.table({name: table[name] for table in (keys, seen) for name in table.column_names})


def test_unseen_categories_and_missing_values_are_scored(trained: pa.Table) -> None:
    snapshots, _ = service(customers=3)
    position = snapshots.column_names.index("plan_id")
    odd = snapshots.set_column(
        position, "plan_id", pa.array(["never seen", None, "basic"] * 5, pa.string())
    )
    for algorithm in ALGORITHMS:
        chosen = decisions(trained, version_of(trained, algorithm))
        found = score_churn(odd, trained, chosen)
        assert found["churn_probability"].null_count == 0


def test_without_a_champion_nobody_is_scored(trained: pa.Table) -> None:
    snapshots, _ = service()
    nobody = decisions(trained, "none")
    assert score_churn(snapshots, trained, nobody).equals(SCORE_SCHEMA.empty_table())
    assert explain_churn(snapshots, trained, nobody).num_rows == 0


def test_two_champions_are_refused(trained: pa.Table) -> None:
    snapshots, _ = service()
    chosen = decisions(trained, "none")
    both = chosen.set_column(2, "status", pa.array(["champion"] * chosen.num_rows))
    with pytest.raises(ValueError, match="more than one champion"):
        score_churn(snapshots, trained, both)
