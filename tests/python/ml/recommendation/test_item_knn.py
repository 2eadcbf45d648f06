import numpy as np
import pyarrow as pa
import pytest

from marquee.ml.recommendation.interactions import index_interactions
from marquee.ml.recommendation.item_knn import ItemKnnConfig, fit_item_knn
from marquee.ml.recommendation.neighbors import NeighborScorer

from .cases import interaction_table, pairs


def values(parameters: pa.Table) -> dict[tuple[str, str], float]:
    columns = [parameters[name].to_pylist() for name in ("row_id", "column_id", "parameter_value")]
    return {(row, column): float(value) for row, column, value in zip(*columns, strict=True)}


def test_the_value_is_the_shrunken_cosine() -> None:
    indexed = index_interactions(pairs("1:ab 2:ab 3:a 4:c"))
    found = values(fit_item_knn(indexed, ItemKnnConfig(shrinkage=2.0)))
    expected = 2 / (np.sqrt(3 * 2) + 2)
    assert found == {("a", "b"): pytest.approx(expected), ("b", "a"): pytest.approx(expected)}


def test_weights_count_by_their_exponent() -> None:
    indexed = index_interactions(
        interaction_table(
            [("1", "a", 4, None, 0, 0), ("1", "b", 1, None, 0, 0), ("2", "a", 1, None, 0, 0)]
        )
    )
    root = fit_item_knn(indexed, ItemKnnConfig(shrinkage=0.0, weight_exponent=0.5))
    assert values(root)["a", "b"] == pytest.approx(2 / np.sqrt(4 + 1))
    alike = fit_item_knn(indexed, ItemKnnConfig(shrinkage=0.0, weight_exponent=0.0))
    assert values(alike)["a", "b"] == pytest.approx(1 / np.sqrt(2))


def test_each_title_keeps_its_nearest_and_ties_go_to_the_lower_id() -> None:
    # b, c and d share one customer each with a; a and c share a second one with e.
    indexed = index_interactions(pairs("1:ad 2:ac 3:ab"))
    config = ItemKnnConfig(neighbor_limit=2, shrinkage=0.0)
    found = values(fit_item_knn(indexed, config))
    assert sorted(found) == [("a", "b"), ("a", "c"), ("a", "d"), ("b", "a"), ("c", "a")]


def test_more_titles_than_a_block_give_the_same_values() -> None:
    generator = np.random.default_rng(3)
    rows = [
        (str(customer), f"{title:04d}", 1.0, None, 0, 0)
        for customer in range(20)
        for title in np.flatnonzero(generator.random(600) < 0.2)
    ]
    indexed = index_interactions(interaction_table(rows))
    matrix = indexed.matrix().toarray()
    norms = np.linalg.norm(matrix, axis=0)
    cosines = matrix.T @ matrix / np.outer(norms, norms)
    np.fill_diagonal(cosines, 0)
    found = values(fit_item_knn(indexed, ItemKnnConfig(neighbor_limit=10_000, shrinkage=0.0)))
    ids = indexed.title_ids.to_pylist()
    assert len(found) == np.count_nonzero(cosines)
    for row, column in [(0, 580), (580, 0), (511, 512), (513, 2)]:
        assert found.get((ids[row], ids[column]), 0.0) == pytest.approx(cosines[row, column])


def test_the_score_sums_weighted_neighbours_and_the_reason_is_the_largest_term() -> None:
    schema = ["algorithm", "parameter_name", "row_id", "column_id", "parameter_value"]
    rows = [
        ("item_knn", "neighbor", "a", "x", "0.5"),
        ("item_knn", "neighbor", "b", "x", "0.3"),
        ("item_knn", "neighbor", "a", "y", "0.2"),
        ("item_knn", "neighbor", "b", "y", "0.1"),
        ("ease", "neighbor", "b", "y", "9.0"),
    ]
    parameters = pa.table([list(column) for column in zip(*rows, strict=True)], names=schema)
    parameters = parameters.set_column(
        4, "parameter_value", parameters["parameter_value"].cast(pa.decimal128(18, 12))
    )
    history = index_interactions(
        interaction_table(
            [
                ("1", "a", 1, None, 0, 0),
                ("1", "b", 4, None, 0, 0),
                ("2", "x", 1, None, 0, 0),
                ("2", "y", 1, None, 0, 0),
            ]
        )
    ).matrix()
    scorer = NeighborScorer(parameters, "item_knn", 0.5, pa.array(["a", "b", "x", "y"]))
    assert scorer.scores(history)[0] == pytest.approx([0, 0, 0.5 + 0.6, 0.2 + 0.2])
    # For x the term of b is larger (0.6); for y the terms are equal, and a is the lower id.
    reasons = scorer.reasons(history, np.array([[2, 3, -1], [0, 2, -1]]))
    assert reasons.tolist() == [[1, 0, -1], [-1, -1, -1]]
