import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.recommendation.ranking_metrics import metric_names, ranking_metrics


def test_metrics_are_those_worked_out_by_hand() -> None:
    # The ranking is b, d, a, c; e was seen. Held back: d, c, and one title that nobody had before.
    keys = np.array([[20, 30, 10, 25, -1]])
    is_test = np.array([[False, False, True, True, False]])
    metrics, lists = ranking_metrics(keys, is_test, np.array([3]), (2, 10))
    figures = dict(zip(metric_names((2, 10)), metrics[0].tolist(), strict=True))
    second, third, fourth = 1 / np.log2(3), 1 / np.log2(4), 1 / np.log2(5)
    assert figures == pytest.approx(
        {
            "ndcg_at_2": second / (1 + second),
            "recall_at_2": 1 / 3,
            "precision_at_2": 1 / 2,
            "ndcg_at_10": (second + fourth) / (1 + second + third),
            "recall_at_10": 2 / 3,
            "precision_at_10": 2 / 10,
            "mrr": 1 / 2,
        }
    )
    assert lists.tolist() == [[1, 3, 0, 2, -1]]


def test_the_first_hit_counts_beyond_the_longest_list() -> None:
    keys = np.arange(9, -1, -1)[None, :]
    is_test = np.zeros((1, 10), bool)
    is_test[0, 7] = True
    metrics, _ = ranking_metrics(keys, is_test, np.array([1]), (2,))
    assert metrics.tolist() == [[0.0, 0.0, 0.0, 1 / 8]]


def test_only_unknown_titles_held_back_are_all_missed() -> None:
    metrics, _ = ranking_metrics(np.array([[2, 1]]), np.zeros((1, 2), bool), np.array([1]), (1,))
    assert metrics.tolist() == [[0.0, 0.0, 0.0, 0.0]]


@given(st.integers(0, 10_000))
def test_metrics_lie_between_zero_and_one(seed: int) -> None:
    generator = np.random.default_rng(seed)
    keys = generator.permuted(np.tile(np.arange(12), (5, 1)), axis=1)
    keys[generator.random((5, 12)) < 0.3] = -1
    is_test = (generator.random((5, 12)) < 0.4) & (keys >= 0)
    counts = is_test.sum(axis=1) + generator.integers(1, 3, 5)
    metrics, _ = ranking_metrics(keys, is_test, counts, (1, 5, 20))
    assert ((metrics >= 0) & (metrics <= 1)).all()
