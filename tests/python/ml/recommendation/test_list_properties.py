import numpy as np
import pyarrow as pa
import pytest

from marquee.ml.recommendation.list_properties import ListProperties

from .test_similarity import genres

TITLES = pa.array(list("abcd"))
COUNTS = np.array([8, 4, 4, 1])


def figures(lists: list[list[int]], cutoffs: tuple[int, ...] = (2,)) -> list[dict[str, float]]:
    properties = ListProperties(COUNTS, 8, genres(a="xy", b="x", d="y"), TITLES)
    found = properties.measure(np.array(lists), cutoffs)
    return [dict(zip(properties.names(cutoffs), row, strict=True)) for row in found.tolist()]


def test_properties_are_those_worked_out_by_hand() -> None:
    [found] = figures([[0, 1, 3]], (2, 3))
    root = 1 / np.sqrt(2)
    assert found == pytest.approx(
        {
            # Of four titles three have fewer customers than a; b is between one and three.
            "popularity_percentile_at_2": (3.5 + 2) / 2 / 4,
            "novelty_at_2": (0 + 1) / 2,
            "diversity_at_2": 1 - root,
            "popularity_percentile_at_3": (3.5 + 2 + 0.5) / 3 / 4,
            "novelty_at_3": (0 + 1 + 3) / 3,
            "diversity_at_3": 1 - (root + root + 0) / 3,
        }
    )


def test_titles_without_genres_are_like_none_and_short_lists_are_measured_as_they_are() -> None:
    without, single, empty = figures([[1, 2], [1, -1], [-1, -1]])
    assert without["diversity_at_2"] == 1
    assert single == {
        "popularity_percentile_at_2": 0.5,
        "novelty_at_2": 1.0,
        "diversity_at_2": 0.0,
    }
    assert set(empty.values()) == {0.0}


def test_lists_drawn_by_lot_have_a_percentile_of_one_half() -> None:
    counts = np.random.default_rng(1).integers(1, 6, 50)
    properties = ListProperties(counts, 6, None, pa.array([f"t{n:02d}" for n in range(50)]))
    assert properties.names((50,)) == ["popularity_percentile_at_50", "novelty_at_50"]
    found = properties.measure(np.arange(50)[None, :], (50,))
    assert found[0, 0] == pytest.approx(0.5)
