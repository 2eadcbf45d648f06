import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.recommendation.ranking import (
    layered_keys,
    split_keys,
    stored_scores,
    top_positions,
)


def test_scores_that_are_equal_when_stored_are_ordered_by_title() -> None:
    scores = stored_scores(np.array([[0.5, 0.7, 0.500000001, 0.50000001]]))
    keys = layered_keys([scores], np.zeros((1, 4), bool))
    assert top_positions(keys, 4).tolist() == [[1, 3, 0, 2]]


def test_a_better_strategy_comes_first_whatever_its_score() -> None:
    personal = stored_scores(np.array([[0.001, -5.0, 0.0, 0.002]]))
    popular = stored_scores(np.array([[0.9, 0.1, 0.8, 0.9]]))
    keys = layered_keys([personal, popular], np.array([[False, False, False, False]]))
    top = top_positions(keys, 4)
    assert top.tolist() == [[3, 0, 2, 1]]
    depths, scores = split_keys(np.take_along_axis(keys, top, axis=1), 4, 2)
    assert depths.tolist() == [[0, 0, 1, 1]]
    assert (scores / 1e8).tolist() == [[0.002, 0.001, 0.8, 0.1]]


def test_scores_too_large_for_the_stored_type_become_its_largest() -> None:
    assert stored_scores(np.array([1e9, -1e9])).tolist() == [10**12 - 1, 1 - 10**12]


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=12),
    st.integers(0, 12),
    st.integers(0, 2**12 - 1),
)
def test_the_top_is_what_sorting_gives(scores: list[int], limit: int, mask: int) -> None:
    excluded = np.array([[bool(mask >> place & 1) for place in range(len(scores))]])
    keys = layered_keys([np.array([scores])], excluded)
    allowed = [place for place in range(len(scores)) if not excluded[0, place]]
    expected = sorted(allowed, key=lambda place: (-scores[place], place))[:limit]
    top = top_positions(keys, limit)[0].tolist()
    assert top == expected + [-1] * (min(limit, len(scores)) - len(expected))
