import json

import pytest

from marquee.ml.recommendation import RecommenderSpecification
from marquee.ml.recommendation.ease import EaseConfig


def test_a_mapping_overrides_any_setting() -> None:
    specification = RecommenderSpecification.from_mapping(
        {"seed": "11", "splits": "auto, random", "ease": {"regularization": "300"}}
    )
    assert specification.seed == 11
    assert specification.splits == ("auto", "random")
    assert specification.ease == EaseConfig(regularization=300.0)


def test_unknown_splits_and_algorithms_are_named() -> None:
    with pytest.raises(ValueError, match="unknown splits weekly; allowed are auto, date"):
        RecommenderSpecification.from_mapping({"splits": ["weekly"]})
    with pytest.raises(ValueError, match="unknown algorithm svd; allowed are popularity"):
        RecommenderSpecification().canonical("svd")


def test_a_model_depends_on_its_own_settings_and_not_on_those_of_serving() -> None:
    default = RecommenderSpecification()
    other = RecommenderSpecification(
        ease=EaseConfig(regularization=1.0), list_length=5, splits=("random",)
    )
    assert other.canonical("item_knn") == default.canonical("item_knn")
    assert other.canonical("ease") != default.canonical("ease")
    assert json.loads(other.canonical("ease"))["settings"]["regularization"] == 1.0
