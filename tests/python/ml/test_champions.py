import pyarrow as pa
import pytest

from marquee.ml.champions import champion_algorithm


def decisions(*rows):
    names = ["model_name", "algorithm", "status"]
    return pa.table([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], names)


def test_the_champion_of_the_model_is_named():
    table = decisions(
        ("rating_predictor", "biased_mf", "champion"),
        ("recommender", "als", "challenger"),
        ("recommender", "ease", "champion"),
    )
    assert champion_algorithm(table, "recommender", default="popularity") == "ease"


def test_without_decisions_the_baseline_scores():
    table = decisions(("rating_predictor", "biased_mf", "champion"))
    assert champion_algorithm(table, "recommender", default="popularity") == "popularity"


def test_two_champions_are_an_error():
    table = decisions(("recommender", "als", "champion"), ("recommender", "ease", "champion"))
    with pytest.raises(ValueError, match="more than one champion"):
        champion_algorithm(table, "recommender", default="popularity")
