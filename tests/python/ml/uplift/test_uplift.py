"""Uplift: what was planted is found again, and empty tables give empty tables."""

import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from marquee.ml.uplift import (
    EFFECT_SCHEMA,
    GROUP_SCHEMA,
    PREDICTION_SCHEMA,
    RANKING_SCHEMA,
    compare_rankings,
    predict_offers,
    score_offer_effects,
    uplift_by_group,
)
from marquee.ml.uplift.groups import LEFT_ALONE, NOTHING_SEEN, SAVED, TOO_FEW, uplift_of_groups
from marquee.ml.uplift.qini import (
    kept_by_offer,
    qini_coefficient,
    qini_curve,
    qini_within_folds,
)
from tests.python.ml.uplift.cases import (
    EFFECT_FEATURES,
    RISK_BANDS,
    scores,
    segments,
    service,
    shuffled,
    specification,
)


def predicted(tables: dict[str, pa.Table]) -> pa.Table:
    return predict_offers(**tables, specification=specification(), effect_features=EFFECT_FEATURES)


def scored(tables: dict[str, pa.Table], predictions: pa.Table) -> pa.Table:
    return score_offer_effects(
        scores(tables["snapshots"]),
        tables["offers"],
        predictions,
        tables["snapshots"],
        tables["genre_shares"],
        specification(),
        EFFECT_FEATURES,
    )


@pytest.fixture(scope="module")
def planted() -> tuple[dict[str, pa.Table], np.ndarray, pa.Table]:
    tables, reductions = service()
    return tables, reductions, predicted(tables)


def test_planted_effects_are_found_in_customers_whom_no_model_saw(planted):
    _, reductions, predictions = planted
    found = predictions["churn_reduction"].cast(pa.float64()).to_numpy()
    assert ((found < 0) == (reductions < 0)).mean() > 0.95
    effects = predictions["log_odds_effect"].cast(pa.float64()).to_numpy()
    # To first order only: a curve that bends is taken for a line.
    assert -2.0 < effects[reductions > 0].mean() < -0.5
    assert 0.5 < effects[reductions < 0].mean() < 2.0


def test_the_true_order_is_above_that_by_effect_and_this_above_that_by_risk(planted):
    tables, reductions, predictions = planted
    folds, everybody = predictions["fold"].to_numpy(), np.ones(len(reductions))
    worth = [
        qini_within_folds(own, reductions, folds)(everybody)
        for own in (
            reductions,
            *(
                predictions[name].cast(pa.float64()).to_numpy()
                for name in ("churn_reduction", "churn_probability")
            ),
        )
    ]
    assert worth[0] >= worth[1] > worth[2] > 0
    assert worth[1] > 0.9 * worth[0]
    by_risk, by_effect = compare_rankings(
        tables["offers"], predictions, specification()
    ).to_pylist()
    assert by_risk["difference"] is None
    assert by_effect["difference_lower_bound"] > 0
    assert float(by_effect["qini_coefficient"]) == pytest.approx(worth[1], abs=0.02)


def test_groups_say_whom_offers_keep_and_who_is_better_left_alone(planted):
    tables, _, predictions = planted
    groups = {
        (row["group_type"], row["group_name"]): row
        for row in uplift_by_group(
            tables["offers"],
            tables["snapshots"],
            predictions,
            segments(tables),
            RISK_BANDS,
            specification(),
        ).to_pylist()
    }
    assert groups["expected_effect", "better left alone"]["verdict"] == LEFT_ALONE
    assert groups["expected_effect", "others"]["verdict"] == SAVED
    assert groups["taste_segment", "Loves horror"]["verdict"] == LEFT_ALONE
    assert groups["taste_segment", "Loves drama"]["verdict"] == SAVED
    assert ("taste_segment", "Too little watched yet") in groups
    for group_type in (
        *("everybody", "risk_band", "expected_effect", "taste_segment"),
        *("plan_id", "tenure_days"),
    ):
        own = [row for (kind, _), row in groups.items() if kind == group_type]
        counts = sum(row["treated_count"] + row["holdout_count"] for row in own)
        assert counts == tables["offers"].num_rows


def test_customers_are_scored_by_what_the_champion_says_of_them(planted):
    tables, reductions, predictions = planted
    found = scored(tables, predictions)
    assert found.schema == EFFECT_SCHEMA
    assert found["churn_probability"] == scores(tables["snapshots"])["churn_probability"]
    lowered = found["churn_reduction"].cast(pa.float64()).to_numpy()
    assert np.corrcoef(lowered, reductions)[0, 1] > 0.95
    assert len(set(found["model_version"].to_pylist())) == 1


def test_the_order_of_rows_changes_no_bit(planted):
    tables, _, predictions = planted
    permuted = {name: shuffled(table) for name, table in tables.items()}
    again = predicted(permuted)
    assert again.equals(predictions)
    assert scored(permuted, shuffled(predictions)).equals(scored(tables, predictions))
    assert compare_rankings(permuted["offers"], shuffled(again), specification()).equals(
        compare_rankings(tables["offers"], predictions, specification())
    )
    assert uplift_by_group(
        permuted["offers"],
        permuted["snapshots"],
        shuffled(again),
        shuffled(segments(tables)),
        RISK_BANDS,
        specification(),
    ).equals(
        uplift_by_group(
            tables["offers"],
            tables["snapshots"],
            predictions,
            segments(tables),
            RISK_BANDS,
            specification(),
        )
    )


@pytest.mark.parametrize("lacking", ["offers", "snapshots", "labels", "all"])
def test_nothing_gives_empty_tables(lacking: str):
    tables, _ = service(customers=20)
    tables = {
        name: table.slice(0, 0) if lacking in (name, "all") else table
        for name, table in tables.items()
    }
    predictions = predicted(tables)
    assert predictions.equals(PREDICTION_SCHEMA.empty_table())
    rankings = compare_rankings(tables["offers"], predictions, specification())
    assert rankings.equals(RANKING_SCHEMA.empty_table())
    groups = uplift_by_group(
        tables["offers"],
        tables["snapshots"],
        predictions,
        segments(tables),
        RISK_BANDS,
        specification(),
    )
    assert groups.equals(GROUP_SCHEMA.empty_table())
    assert scored(tables, predictions).equals(EFFECT_SCHEMA.empty_table())


@pytest.mark.parametrize("customers", [1, 2, 5, 60])
def test_few_offers_move_nobody_and_are_too_few_to_say(customers: int):
    tables, _ = service(customers=customers)
    predictions = predicted(tables)
    assert predictions.num_rows == customers
    if customers < 60:
        assert set(predictions["churn_reduction"].to_pylist()) == {0}
    groups = uplift_by_group(
        tables["offers"],
        tables["snapshots"],
        predictions,
        segments(tables),
        RISK_BANDS,
        specification(),
    )
    assert customers == 60 or set(groups["verdict"].to_pylist()) == {TOO_FEW}
    assert scored(tables, predictions).num_rows == customers


def test_what_nobody_knows_yet_or_chance_had_no_part_in_teaches_nothing():
    tables, _ = service(customers=50)
    offers = tables["offers"]
    unknown = offers.set_column(4, "is_churned", pa.nulls(50, pa.bool_()))
    certain = offers.set_column(
        2, "treatment_probability", pa.array([Decimal(1)] * 50, pa.decimal128(9, 8))
    )
    early = offers.set_column(5, "as_of_date", pa.nulls(50, pa.date32()))
    for own in (unknown, certain, early):
        assert not predicted(tables | {"offers": own}).num_rows


def test_qini_of_four_customers_by_hand():
    kept, scores_ = np.array([1.0, 0.0, 0.0, -1.0]), np.array([4.0, 3.0, 2.0, 1.0])
    everybody = np.ones(4)
    # The curve is 0, 1/4, 1/4, 1/4, 0; chance keeps nobody at any share.
    assert qini_coefficient(scores_, kept)(everybody) == pytest.approx(3 / 16)
    assert qini_coefficient(-scores_, kept)(everybody) == pytest.approx(-3 / 16)
    assert qini_coefficient(np.zeros(4), kept)(everybody) == pytest.approx(0.0)
    assert qini_curve(scores_, kept, 5).tolist() == [0.0, 0.25, 0.25, 0.25, 0.0]
    # A row that counts twice is two rows.
    twice = qini_coefficient(scores_, kept)(np.array([2.0, 1.0, 1.0, 1.0]))
    longer = qini_coefficient(np.append(scores_, 4.0), np.append(kept, 1.0))(np.ones(5))
    assert twice == pytest.approx(longer)


def test_folds_of_other_levels_are_not_one_order():
    kept = np.array([1.0, 0.0, 5.0, 4.0])
    # The models of the second fold say less of everybody, because they have not seen it.
    scores_ = np.array([10.0, 9.0, 2.0, 1.0])
    assert qini_coefficient(scores_, kept)(np.ones(4)) < 0
    assert qini_within_folds(scores_, kept, np.array([0, 0, 1, 1]))(np.ones(4)) > 0


def test_what_offers_keep_is_right_on_average_whatever_the_risk_says():
    generator = np.random.default_rng(3)
    share = generator.choice([0.5, 0.9], 200_000)
    is_treated = generator.random(len(share)) < share
    churned = (generator.random(len(share)) < np.where(is_treated, 0.2, 0.3)).astype(float)
    for risk in (0.0, 0.28, 0.9):
        kept = kept_by_offer(churned, np.full(len(share), risk), is_treated, share)
        assert kept.mean() == pytest.approx(0.1, abs=0.02)


def compared(treated: tuple[int, int], holdout: tuple[int, int]):
    """The only group of so many who left of so many."""
    churned = np.concatenate(
        [np.arange(count) < left for left, count in (treated, holdout)]
    ).astype(float)
    is_treated = np.arange(len(churned)) < treated[1]
    half = np.full(len(churned), 0.5)
    [found] = uplift_of_groups(churned, is_treated, half, [np.ones(len(churned), bool)], 30)
    return found


def test_newcombe_gives_the_published_intervals():
    """Newcombe 1998, table II, method 10: 56/70 - 48/80 and 9/10 - 3/10."""
    for treated, holdout, lower, upper in (
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((0, 10), (0, 20), -0.1611, 0.2775),
    ):
        found = compared(treated, holdout)
        assert (found.lower_bound, found.upper_bound) == (
            pytest.approx(lower, abs=5e-5),
            pytest.approx(upper, abs=5e-5),
        )


@pytest.mark.parametrize(
    ("treated", "holdout", "verdict"),
    [
        ((10, 200), (60, 200), SAVED),
        ((60, 200), (10, 200), LEFT_ALONE),
        ((40, 200), (42, 200), NOTHING_SEEN),
        ((0, 29), (200, 200), TOO_FEW),
        ((3, 10), (0, 0), TOO_FEW),
    ],
)
def test_verdicts(treated: tuple[int, int], holdout: tuple[int, int], verdict: str):
    assert compared(treated, holdout).verdict == verdict


def test_campaigns_of_unequal_shares_are_no_effect():
    """Half of the customers are at high risk and get nine of ten offers: no one is moved."""
    churned, is_treated, share = [], [], []
    for rate, probability in ((0.8, 0.9), (0.2, 0.5)):
        for treated in (True, False):
            count = round(1000 * (probability if treated else 1 - probability))
            churned += [row < rate * count for row in range(count)]
            is_treated += [treated] * count
            share += [probability] * count
    [found] = uplift_of_groups(
        np.array(churned, float),
        np.array(is_treated),
        np.array(share),
        [np.ones(len(share), bool)],
        30,
    )
    assert math.isclose(found.difference, 0.0, abs_tol=1e-12)
    assert found.verdict == NOTHING_SEEN


def test_small_groups_are_drawn_towards_all():
    generator = np.random.default_rng(2)
    sizes = [2000, 2000, 40]
    effects = [-0.2, 0.1, 0.4]
    group = np.repeat(np.arange(3), sizes)
    is_treated = generator.random(len(group)) < 0.5
    churned = (generator.random(len(group)) < 0.4 + np.array(effects)[group] * is_treated).astype(
        float
    )
    half = np.full(len(group), 0.5)
    found = uplift_of_groups(churned, is_treated, half, [group == one for one in range(3)], 30)
    moved = [abs(own.shrunken - own.difference) / abs(own.difference) for own in found]
    assert max(moved[:2]) < 0.1 < moved[2]
    assert found[2].verdict == TOO_FEW
