from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from marquee.ml.recommendation import (
    EVALUATION_SCHEMA,
    RecommenderSpecification,
    evaluate_recommenders,
    fit_recommenders,
    ranking_evaluation,
    rating_evaluation,
)

from .cases import interaction_table, pairs, seeded_interactions, shuffled
from .test_similarity import genres

SPECIFICATION = RecommenderSpecification.from_mapping(
    {
        "splits": ["random", "customer_time"],
        "bootstrap_resamples": 20,
        "item_knn": {"shrinkage": 1},
        "ease": {"regularization": 5, "neighbor_limit": 8},
        "als": {"factors": 8, "regularization": 2},
        "biased_mf": {"factors": 3},
    }
)
GENRES = genres(**{f"t{n}": "xyz"[: n % 4] for n in range(30)})
RANKING = ("als", "ease", "item_knn", "popularity")


def figure(
    evaluations: pa.Table, algorithm: str, metric: str, split: str = "random"
) -> dict[str, Any]:
    rows = evaluations.filter(
        (pc.field("algorithm") == algorithm)
        & (pc.field("metric") == metric)
        & (pc.field("split") == split)
    )
    assert rows.num_rows == 1
    row: dict[str, Any] = rows.to_pylist()[0]
    return row


@pytest.fixture(scope="module")
def evaluations() -> pa.Table:
    return evaluate_recommenders(seeded_interactions(), SPECIFICATION, title_genres=GENRES)


def test_every_algorithm_has_every_metric_on_every_split(evaluations: pa.Table) -> None:
    assert evaluations.schema == EVALUATION_SCHEMA
    keys = set(
        zip(
            *(evaluations[name].to_pylist() for name in ("algorithm", "split", "metric")),
            strict=True,
        )
    )
    per_cutoff = [
        f"{metric}_at_{cutoff}"
        for metric in (
            *("ndcg", "recall", "precision", "coverage"),
            *("popularity_percentile", "novelty", "diversity"),
        )
        for cutoff in (10, 20)
    ]
    expected = {
        (algorithm, split, metric)
        for algorithm in RANKING
        for split in ("random", "customer_time")
        for metric in [*per_cutoff, "mrr"]
    } | {(algorithm, "five_fold", "rmse") for algorithm in ("biases", "biased_mf")}
    assert keys == expected
    assert evaluations.num_rows == len(expected)


def test_taste_beats_popularity_and_the_interval_of_the_difference_says_so(
    evaluations: pa.Table,
) -> None:
    baseline = figure(evaluations, "popularity", "ndcg_at_10")
    for algorithm in ("als", "ease", "item_knn"):
        row = figure(evaluations, algorithm, "ndcg_at_10")
        assert row["difference_lower_bound"] > 0
        assert row["lower_bound"] < row["value"] < row["upper_bound"]
        assert row["baseline_value"] == baseline["value"]
        assert abs(row["difference"] - (row["value"] - baseline["value"])) <= Decimal("2e-8")


def test_values_are_rates_and_the_baseline_has_no_difference(evaluations: pa.Table) -> None:
    for row in evaluations.to_pylist():
        assert row["value"] >= 0
        if row["metric"] != "rmse" and not row["metric"].startswith("novelty"):
            assert row["value"] <= 1
        if row["algorithm"] in ("popularity", "biases"):
            assert row["difference"] is None
            assert row["baseline_value"] is None


def test_any_order_of_the_rows_gives_the_same_evaluations(evaluations: pa.Table) -> None:
    for seed in (1, 2):
        again = evaluate_recommenders(
            shuffled(seeded_interactions(), seed),
            SPECIFICATION,
            title_genres=shuffled(GENRES, seed),
        )
        assert again.equals(evaluations)


def test_popularity_is_measured_as_worked_out_by_hand() -> None:
    # By time each customer's last title is held back: d, d, e. Training: a 3, b 3, c 3, e 2, d 1.
    table = pairs("1:abced 2:abced 3:abcde")
    specification = RecommenderSpecification(splits=("customer_time",), metric_cutoffs=(1, 2))
    found = evaluate_recommenders(table, specification)
    for metric, value in {
        "ndcg_at_1": "1",
        "recall_at_2": "1",
        "precision_at_2": "0.5",
        "mrr": "1",
        "coverage_at_1": "0.4",
    }.items():
        row = figure(found, "popularity", metric, "customer_time")
        assert (row["value"], row["customer_count"]) == (Decimal(value), 3)


def test_fitting_and_evaluating_name_the_same_version(evaluations: pa.Table) -> None:
    fitted = fit_recommenders(seeded_interactions(), ["ease"], SPECIFICATION)
    versions = pc.unique(fitted["model_version"]).to_pylist()
    assert versions == [figure(evaluations, "ease", "mrr")["model_version"]]


def test_versions_follow_the_rows_and_the_settings(evaluations: pa.Table) -> None:
    version = figure(evaluations, "ease", "mrr")["model_version"]
    fewer = fit_recommenders(seeded_interactions()[1:], ["ease"], SPECIFICATION)
    other = fit_recommenders(seeded_interactions(), ["ease"], RecommenderSpecification())
    assert len({version, fewer["model_version"][0].as_py(), other["model_version"][0].as_py()}) == 3


@pytest.fixture
def no_fitting(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a model was fitted")

    monkeypatch.setattr(ranking_evaluation, "fit_parameters", refuse)
    monkeypatch.setattr(rating_evaluation, "fit_biased_mf", refuse)


@pytest.mark.usefixtures("no_fitting")
def test_registered_evaluations_are_returned_without_fitting(evaluations: pa.Table) -> None:
    others = evaluations.set_column(1, "model_version", pa.array(["0"] * evaluations.num_rows))
    registered = pa.concat_tables([others, evaluations[5:], evaluations[:5]])
    again = evaluate_recommenders(shuffled(seeded_interactions(), 4), SPECIFICATION, registered)
    assert again.equals(evaluations)


@pytest.mark.usefixtures("no_fitting")
@pytest.mark.parametrize(
    "missing",
    [
        pc.field("algorithm") != "als",
        pc.field("split") != "customer_time",
        pc.field("model_name") != "rating_predictor",
    ],
)
def test_a_registry_that_lacks_something_is_not_enough(
    evaluations: pa.Table, missing: pc.Expression
) -> None:
    with pytest.raises(AssertionError, match="a model was fitted"):
        evaluate_recommenders(seeded_interactions(), SPECIFICATION, evaluations.filter(missing))


@pytest.mark.parametrize(
    "text",
    ["1:a", "1:ab", "1:abcdefgh", "1:a 2:a 3:a", "1:a 2:b 3:c", "1:abcde 2:abcde"],
)
def test_tiny_inputs_give_rows(text: str) -> None:
    specification = RecommenderSpecification(
        splits=("auto", "date", "random"), bootstrap_resamples=3
    )
    found = evaluate_recommenders(pairs(text), specification)
    assert set(found["algorithm"].to_pylist()) == set(RANKING)
    for row in found.to_pylist():
        assert (row["value"] is None) == (row["customer_count"] == 0)


def test_no_interactions_give_no_rows() -> None:
    found = evaluate_recommenders(pairs(""), SPECIFICATION)
    assert found.num_rows == 0
    assert found.schema == EVALUATION_SCHEMA


@pytest.mark.parametrize(("rating_count", "has_rows"), [(11, False), (12, True)])
def test_few_ratings_give_no_rating_predictor(rating_count: int, has_rows: bool) -> None:
    table = interaction_table(
        [(str(n % 5), str(n), 1, 3.5 if n < rating_count else None, n, n) for n in range(20)]
    )
    specification = RecommenderSpecification(minimum_ratings=12, bootstrap_resamples=3)
    found = evaluate_recommenders(table, specification)
    assert ("rating_predictor" in found["model_name"].to_pylist()) == has_rows


def test_a_customer_without_history_in_training_is_not_evaluated() -> None:
    table = pairs("1:abcdefghij 2:abcdefghij")
    late = interaction_table([("3", "a", 1, None, 100, 100)])
    specification = RecommenderSpecification(splits=("date",), bootstrap_resamples=3)
    found = evaluate_recommenders(pa.concat_tables([table, late]), specification)
    assert set(found["customer_count"].to_pylist()) == {2}
