"""Known answers of what measures partitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.segmentation.quality import (
    adjusted_rand_index,
    explained_share,
    silhouettes,
    sum_of_squares,
)

LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30)


def test_the_adjusted_rand_index_of_a_published_table():
    # Two parts of 3 against parts of 2, 2 and 2; counted by hand: (2 - 1.2) / (4.5 - 1.2).
    first, second = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 2, 2])
    assert adjusted_rand_index(first, second) == pytest.approx(0.8 / 3.3)


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2], [0]])
def test_equal_partitions_agree_even_if_they_say_nothing(labels: list[int]):
    assert adjusted_rand_index(np.array(labels), np.array(labels)) == 1.0


@given(LABELS)
def test_agreement_is_symmetric_and_blind_to_names(pairs: list[tuple[int, int]]):
    first, second = (np.array(each) for each in zip(*pairs, strict=True))
    value = adjusted_rand_index(first, second)
    assert value == pytest.approx(adjusted_rand_index(second, first))
    assert value == pytest.approx(adjusted_rand_index(3 - first, second))
    assert -0.5 - 1e-12 <= value <= 1.0


def test_silhouettes_of_four_points_on_a_line():
    points, labels = np.array([[0.0], [1.0], [10.0], [12.0]]), np.array([0, 0, 1, 1])
    # Own distance 1 and 2; to the others 11, 10, 9.5 and 11.5.
    expected = [10 / 11, 9 / 10, 7.5 / 9.5, 9.5 / 11.5]
    assert silhouettes(points, labels) == pytest.approx(expected)


def test_points_alone_and_points_alike_have_no_silhouette():
    assert silhouettes(np.array([[0.0], [1.0], [1.5]]), np.array([0, 1, 1]))[0] == 0.0
    assert list(silhouettes(np.zeros((4, 2)), np.array([0, 0, 1, 1]))) == [0.0] * 4
    assert list(silhouettes(np.zeros((3, 1)), np.zeros(3, dtype=np.int64))) == [0.0] * 3


def test_squares_within_and_between_make_all():
    points, labels = np.array([[0.0], [2.0], [10.0], [12.0]]), np.array([0, 0, 1, 1])
    assert sum_of_squares(points, labels) == 4.0
    assert explained_share(points, labels) == pytest.approx(100 / 104)
    assert explained_share(np.ones((3, 1)), np.array([0, 1, 1])) == 0.0
