import pyarrow as pa
import pytest

from marquee.ml.recommendation import (
    FITTED_PARAMETER_SCHEMA,
    RecommenderSpecification,
    fit_recommenders,
    fitting,
)

from .cases import pairs, seeded_interactions, shuffled

SPECIFICATION = RecommenderSpecification.from_mapping({"als": {"factors": 6}})
ALGORITHMS = ("popularity", "item_knn", "ease", "als")


@pytest.fixture(scope="module")
def fitted() -> pa.Table:
    return fit_recommenders(seeded_interactions(), ALGORITHMS, SPECIFICATION)


def test_a_parameter_has_one_value(fitted: pa.Table) -> None:
    assert fitted.schema == FITTED_PARAMETER_SCHEMA
    keys = fitted.select(["algorithm", "parameter_name", "row_id", "column_id"])
    assert keys.group_by(keys.column_names).aggregate([]).num_rows == fitted.num_rows
    assert fitted.select(["parameter_value"]).column(0).null_count == 0


def test_any_order_of_the_rows_gives_the_same_parameters(fitted: pa.Table) -> None:
    for seed in (1, 2):
        rows = shuffled(seeded_interactions(), seed)
        assert fit_recommenders(rows, ALGORITHMS, SPECIFICATION).equals(fitted)


def test_registered_versions_are_copied_and_the_others_fitted(
    fitted: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    fit = fitting.fit_parameters

    def record(interactions: object, algorithm: str, specification: object) -> pa.Table:
        asked.append(algorithm)
        return fit(interactions, algorithm, specification)  # type: ignore[arg-type]  # only passed on

    monkeypatch.setattr(fitting, "fit_parameters", record)
    registered = fitted.filter(pa.compute.field("algorithm") != "als")
    moved = registered.take(pa.array(range(registered.num_rows - 1, -1, -1)))
    again = fit_recommenders(seeded_interactions(), ALGORITHMS, SPECIFICATION, moved)
    assert asked == ["als"]
    assert again.equals(fitted)


def test_no_interactions_give_no_parameters() -> None:
    found = fit_recommenders(pairs(""), ALGORITHMS, SPECIFICATION)
    assert found.num_rows == 0
    assert found.schema == FITTED_PARAMETER_SCHEMA


def test_one_interaction_can_be_fitted() -> None:
    found = fit_recommenders(pairs("1:a"), ALGORITHMS, SPECIFICATION)
    assert set(found["algorithm"].to_pylist()) == {"popularity", "als"}


def test_an_unknown_algorithm_is_named() -> None:
    with pytest.raises(ValueError, match="unknown algorithm svd"):
        fit_recommenders(pairs("1:a"), ["svd"], SPECIFICATION)
