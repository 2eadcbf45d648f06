"""k-means, weights, and the exact assignment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.segmentation.clustering import assign, k_means, nearest
from marquee.ml.segmentation.quality import adjusted_rand_index
from marquee.ml.segmentation.tastes import (
    GENRE_WEIGHT,
    HIGHEST_WEIGHT,
    as_points,
    feature_weights,
    read_tastes,
)
from tests.python.ml.segmentation.cases import DAY, alike, planted, table


def test_two_heaps_are_found():
    points = np.array([[0.0, 0.0], [0.0, 1.0], [10.0, 10.0], [10.0, 11.0], [10.0, 12.0]])
    centroids = k_means(points, 2, starts=3, seed=1)
    assert sorted(map(tuple, centroids.tolist())) == [(0.0, 0.5), (10.0, 11.0)]
    assert list(nearest(points, np.array([[0.0, 0.5], [10.0, 11.0]]))) == [0, 0, 1, 1, 1]


def test_as_many_clusters_as_points():
    points = np.array([[0.0], [1.0], [5.0]])
    assert sorted(k_means(points, 3, starts=5, seed=1)[:, 0].tolist()) == [0.0, 1.0, 5.0]


@given(
    st.lists(st.lists(st.integers(0, 1_000_000), min_size=3, max_size=3), min_size=1, max_size=8),
    st.lists(st.lists(st.integers(0, 1_000_000), min_size=3, max_size=3), min_size=1, max_size=5),
    st.lists(st.integers(0, HIGHEST_WEIGHT), min_size=3, max_size=3),
)
def test_the_assignment_is_that_of_exact_distances(
    units: list[list[int]], centroids: list[list[int]], weights: list[int]
):
    found = assign(np.array(units), np.array(centroids), np.array(weights))
    for own, place in zip(units, found.tolist(), strict=True):
        # Python's integers know no overflow.
        distances = [
            sum(w * (x - c) ** 2 for w, x, c in zip(weights, own, centre, strict=True))
            for centre in centroids
        ]
        assert place == distances.index(min(distances))


def test_genres_weigh_alike_and_engagement_has_its_share():
    tastes = read_tastes(planted()[0])
    weights = feature_weights(tastes, 0.1)
    variances = as_points(tastes.units, weights).var(axis=0)
    is_genre = np.array([name.startswith("genre:") for name in tastes.features])
    assert variances[is_genre] == pytest.approx(variances[is_genre].mean(), rel=0.001)
    assert variances[~is_genre].sum() / variances.sum() == pytest.approx(0.1, rel=0.01)
    assert weights.max() <= HIGHEST_WEIGHT


def test_what_does_not_vary_weighs_nothing():
    assert list(feature_weights(read_tastes(alike()), 0.1)) == [0]
    tastes = read_tastes(table([("a", "genre:x", DAY, 9, 5), ("b", "genre:x", DAY, 9, 9)]))
    assert list(feature_weights(tastes, 0.1)) == [GENRE_WEIGHT]


def test_a_customer_without_a_row_has_nothing_of_it():
    tastes = read_tastes(table([("b", "genre:y", DAY, 7, 5), ("a", "genre:x", DAY, 9, 4)]))
    assert tastes.customer_ids == ("a", "b")
    assert tastes.units.tolist() == [[4, 0], [0, 5]]
    assert tastes.play_counts.tolist() == [9, 7]
    assert tastes.aligned(("genre:z", "genre:y")).tolist() == [[0, 0], [0, 5]]
    assert tastes.of_plays(8).customer_ids == ("a",)


def test_several_snapshot_days_are_refused():
    rows = [("a", "genre:x", DAY, 9, 5), ("a", "genre:x", DAY.replace(day=2), 9, 5)]
    with pytest.raises(ValueError, match="one snapshot day"):
        read_tastes(table(rows))


def test_clusters_are_those_that_were_planted():
    tastes, segments = planted()
    read = read_tastes(tastes)
    points = as_points(read.units, feature_weights(read, 0.05))
    labels = nearest(points, k_means(points, 4, starts=5, seed=7))
    assert adjusted_rand_index(labels, segments) > 0.9
