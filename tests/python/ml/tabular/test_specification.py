import pytest

from marquee.ml.tabular.specification import ModelSpecification
from tests.python.ml.churn.cases import SETTINGS, specification


@pytest.mark.parametrize(
    "entry",
    ["objective", "decision", "success_criteria", "candidates", "selection", "cadence"],
)
def test_a_lacking_entry_is_named(entry: str) -> None:
    lacking = {name: value for name, value in SETTINGS.items() if name != entry}
    with pytest.raises(ValueError, match=f"lacks {entry}"):
        ModelSpecification.from_mapping(lacking)
    with pytest.raises(ValueError, match=f"lacks {entry}"):
        ModelSpecification.from_mapping(SETTINGS | {entry: None})


@pytest.mark.parametrize("kind", ["technical", "business"])
def test_both_kinds_of_success_are_asked_for(kind: str) -> None:
    other = {name: value for name, value in SETTINGS["success_criteria"].items() if name != kind}
    with pytest.raises(ValueError, match=f"lacks success_criteria.{kind}"):
        specification(success_criteria=other)
    with pytest.raises(ValueError, match=f"lacks success_criteria.{kind}.minimum"):
        specification(success_criteria=other | {kind: {"metric": "auc"}})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"cadence": "now and then"}, "always, every n days, on drift and every n days | on drift"),
        ({"cadence": "on drift | every 28 days"}, "cadence is 'on drift | every 28 days'"),
        ({"drift": {"chance": 2}}, "maximum is 1.0"),
        ({"selection": {"method": "guess"}}, "allowed are cross_validation, validation_split"),
        ({"candidates": {"linear": {}, "boosting": {"leaves": [1]}}}, "minimum is 2"),
        ({"candidates": {"linear": {}}}, "lacks candidates.boosting"),
        ({"sed": 7}, "unknown setting sed"),
    ],
)
def test_a_wrong_entry_is_named(changed: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        specification(**changed)


@pytest.mark.parametrize(
    ("cadence", "days", "on_drift"),
    [
        ("always", 0, False),
        ("every 28 days", 28, False),
        ("on drift", None, True),
        ("every 28 days | on drift", 28, True),
    ],
)
def test_a_cadence_says_when_to_train(cadence: str, days: int | None, on_drift: bool) -> None:
    found = specification(cadence=cadence)
    assert (found.cadence_days, found.trains_on_drift) == (days, on_drift)


def test_words_about_a_model_make_no_other_model() -> None:
    one = specification()
    other = specification(
        objective="Something else.",
        cadence="every 28 days",
        slices=[],
        drift={"drifted_index": 0.5},
        drift_ignored_features=["tenure_days"],
    )
    assert other.canonical("linear") == one.canonical("linear")
    assert other.cadence_days == 28
    assert specification(seed=8).canonical("linear") != one.canonical("linear")
    assert one.canonical("boosting") != one.canonical("linear")
