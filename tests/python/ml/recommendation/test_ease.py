import numpy as np
import pytest

from marquee.ml.recommendation.ease import (
    EaseConfig,
    dense_neighbors,
    fit_ease,
    most_interacted,
)
from marquee.ml.recommendation.interactions import index_interactions
from marquee.ml.recommendation.parameters import parameter_matrix

from .cases import pairs, seeded_interactions


def test_the_closed_form_is_each_title_regressed_on_the_others() -> None:
    weights = index_interactions(seeded_interactions(title_count=8)).matrix().toarray()
    gram = weights.T @ weights
    found = dense_neighbors(gram, 3.0)
    for title in range(8):
        others = [other for other in range(8) if other != title]
        system = gram[np.ix_(others, others)] + 3.0 * np.eye(7)
        expected = np.linalg.solve(system, gram[others, title])
        np.testing.assert_allclose(found[others, title], expected, rtol=1e-9)
        assert found[title, title] == 0


def test_pruned_values_are_fitted_again_on_the_strongest_neighbours() -> None:
    indexed = index_interactions(seeded_interactions(title_count=12))
    weights = np.sqrt(indexed.matrix().toarray())
    gram = weights.T @ weights
    dense = dense_neighbors(gram, 5.0)
    parameters = fit_ease(indexed, EaseConfig(neighbor_limit=4, regularization=5.0))
    stored = parameter_matrix(parameters, indexed.title_ids, indexed.title_ids).toarray()
    for title in range(12):
        strongest = np.sort(np.argsort(-np.abs(dense[:, title]))[:4])
        system = gram[np.ix_(strongest, strongest)] + 5.0 * np.eye(4)
        expected = np.linalg.solve(system, gram[strongest, title])
        assert np.flatnonzero(stored[:, title]).tolist() == strongest.tolist()
        assert stored[strongest, title] == pytest.approx(expected, abs=1e-11)


def test_nothing_is_fitted_again_where_nothing_is_cut() -> None:
    indexed = index_interactions(seeded_interactions(title_count=6))
    parameters = fit_ease(indexed, EaseConfig(regularization=5.0, weight_exponent=1.0))
    stored = parameter_matrix(parameters, indexed.title_ids, indexed.title_ids).toarray()
    weights = indexed.matrix().toarray()
    np.testing.assert_allclose(stored, dense_neighbors(weights.T @ weights, 5.0), atol=1e-12)


def test_only_the_most_interacted_titles_take_part_and_ties_go_to_the_lower_id() -> None:
    indexed = index_interactions(pairs("1:abcd 2:bd 3:dca"))
    assert most_interacted(indexed, 2).tolist() == [0, 3]
    parameters = fit_ease(indexed, EaseConfig(title_limit=2))
    assert set(parameters["row_id"].to_pylist()) == {"a", "d"}


def test_one_title_has_no_neighbours() -> None:
    assert fit_ease(index_interactions(pairs("1:a 2:a")), EaseConfig()).num_rows == 0
