"""The completion model: what it finds, that it is the same for any order, what it recommends."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from marquee.ml.ads import evaluate_ad_models, score_midrolls, train_ad_models
from marquee.ml.ads.rates import RateTable, creative_break_rates, segment_rates
from marquee.ml.ads.rows import labelled_rows, split_rows
from marquee.ml.ads.training import BASELINE
from marquee.ml.tabular.features import Features
from marquee.ml.tabular.targets import BINARY, Target
from tests.python.ml.ads.cases import AS_OF, decisions, impressions, specification


def figure(evaluations: pa.Table, algorithm: str, metric: str) -> dict:
    [row] = [
        row
        for row in evaluations.to_pylist()
        if row["algorithm"] == algorithm
        and row["metric"] == metric
        and row["split"].startswith(("date_", "none_"))
    ]
    return row


def test_who_likes_what_is_found_beyond_creative_and_break() -> None:
    rows = impressions()
    artifacts = train_ad_models(rows, specification())
    evaluations = evaluate_ad_models(rows, artifacts, specification())
    for algorithm in ("logistic_regression", "marquee.ml.ads.rates:segment_rates"):
        assert figure(evaluations, algorithm, "auc")["difference_lower_bound"] > 0
    assert figure(evaluations, BASELINE, "auc")["difference"] is None
    assert figure(evaluations, BASELINE, "auc:break_type=mid_roll")["value"] is not None


def test_any_order_of_rows_gives_the_same_versions_and_figures() -> None:
    rows = impressions(1_500)
    shuffled = rows.take(pa.array(np.random.default_rng(3).permutation(rows.num_rows)))
    one, other = (train_ad_models(table, specification()) for table in (rows, shuffled))
    assert one.equals(other)
    assert evaluate_ad_models(rows, one, specification()).equals(
        evaluate_ad_models(shuffled, other, specification())
    )


def test_what_is_judged_lies_after_what_was_known_in_training() -> None:
    rows = labelled_rows(impressions())
    split = split_rows(rows, specification())
    known, days = (rows[name].to_numpy() for name in ("outcome_known_date", "broadcast_date"))
    assert known[split.is_train].max() <= days[split.is_test].min()
    assert 0.2 < split.is_test.mean() < 0.3


def test_too_few_outcomes_leave_the_baseline_alone() -> None:
    rows = impressions(30)
    artifacts = train_ad_models(rows, specification())
    assert set(artifacts["algorithm"].to_pylist()) == {BASELINE}
    evaluations = evaluate_ad_models(rows, artifacts, specification())
    assert figure(evaluations, BASELINE, "auc")["customer_count"] == 0
    nothing = impressions(0)
    assert not train_ad_models(nothing, specification()).num_rows


def test_a_registered_training_goes_on_until_its_days_are_over() -> None:
    rows, calm = impressions(1_500), specification(cadence="every 28 days")
    first = train_ad_models(rows, calm)
    remembered = first.append_column("is_champion", pa.array([False] * first.num_rows))
    for days, is_same in ((27, True), (28, False)):
        later = rows.set_column(
            rows.column_names.index("as_of_date"),
            "as_of_date",
            pa.array([AS_OF + dt.timedelta(days=days)] * rows.num_rows),
        ).slice(10)
        versions = set(train_ad_models(later, calm, remembered)["model_version"].to_pylist())
        assert (versions == set(first["model_version"].to_pylist())) == is_same


def test_the_baseline_has_to_be_tried() -> None:
    with pytest.raises(ValueError, match="lacks the baseline"):
        train_ad_models(impressions(10), specification(candidates={"linear": {}, "boosting": {}}))


@pytest.mark.parametrize("algorithm", ["logistic_regression", "marquee.ml.ads.rates:segment_rates"])
def test_each_segment_gets_what_it_likes(algorithm: str) -> None:
    rows = impressions()
    artifacts = train_ad_models(rows, specification())
    found = score_midrolls(rows, artifacts, decisions(artifacts, algorithm), 28)
    table = found.to_pylist()
    assert len(table) == 2 * 3 * 4
    best: dict[str, set[str]] = {}
    for row in sorted(table, key=lambda own: -own["predicted_completion_rate"]):
        best.setdefault(f"{row['taste_segment']} {row['main_genre_name']}", row["creative_id"])
    for place, creative in best.items():
        assert creative in ({"a1", "a3"} if place.startswith("1") else {"a2"})
    assert sum(
        {(r["taste_segment"], r["main_genre_name"]): r["slot_count"] for r in table}.values()
    ) == (pc.sum(pc.equal(rows["break_type"], "mid_roll")).as_py())


def test_only_active_creatives_are_placed() -> None:
    rows = impressions()
    is_old = pc.and_(
        pc.equal(rows["creative_id"], "a4"),
        pc.greater(rows["broadcast_date"], AS_OF - dt.timedelta(days=5)),
    )
    rows = rows.filter(pc.invert(is_old))
    artifacts = train_ad_models(rows, specification())
    chosen = decisions(artifacts, "logistic_regression")
    for days, is_placed in ((4, False), (5, True)):
        found = score_midrolls(rows, artifacts, chosen, days)["creative_id"].to_pylist()
        assert ("a4" in found) == is_placed


def test_rates_are_drawn_towards_the_coarser_ones() -> None:
    features = Features(
        6,
        {},
        {
            "break_type": np.array(["m"] * 5 + ["p"]),
            "creative_id": np.array(["a", "a", "a", "b", "b", "a"]),
            "taste_segment": np.array(["1", "1", "2", "1", "1", "1"]),
        },
    )
    target = Target(BINARY, ("false", "true"), np.array([1.0, 1.0, 0.0, 0.0, 0.0, 1.0]))
    coarse = creative_break_rates(features, target, {"prior_impressions": 2}, 0)
    overall = 3.5 / 7
    mid = (2 + 2 * overall) / 7
    rate = (2 + 2 * mid) / 5
    found = 1 / (1 + np.exp(-coarse.margins(features)))
    np.testing.assert_allclose(found[0], (2 + 2 * mid) / 5)
    fine = segment_rates(features, target, {"prior_impressions": 2}, 0)
    np.testing.assert_allclose(1 / (1 + np.exp(-fine.margins(features)[0])), (2 + 2 * rate) / 4)
    unseen = Features(
        2,
        {},
        {
            "break_type": np.array(["m", "q"]),
            "creative_id": np.array(["a", "z"]),
            "taste_segment": np.array(["9", "9"]),
        },
    )
    np.testing.assert_allclose(1 / (1 + np.exp(-fine.margins(unseen))), [rate, overall])
    again = RateTable.from_parameters(fine.parameters())
    assert np.array_equal(again.margins(features), fine.margins(features))
