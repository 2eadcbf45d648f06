"""Each rule on a case worked out by hand, and all of them on random ones."""

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee.ml.dense_index import dense_index
from marquee.ml.recommendation import rules
from marquee.ml.recommendation.rules import Eligibility, RuleConfig, Variety

from .test_similarity import genres


def catalogue(**titles: tuple[str | None, str | None, int | None, bool]) -> pa.Table:
    """Series, type, minimum age and whether it can be played of each title."""
    kinds = (pa.string(), pa.string(), pa.int32(), pa.bool_())
    columns = zip(*titles.values(), strict=True)
    return pa.table(
        [
            pa.array(titles, pa.string()),
            *(pa.array(values, kind) for values, kind in zip(columns, kinds, strict=True)),
        ],
        names=["title_id", "series_id", "title_type", "minimum_age", "is_playable"],
    )


def excluded(
    titles: pa.Table, ages: list[int | None], seen: dict[int, str], config: RuleConfig
) -> list[str]:
    """What each customer may not be shown; everything is licensed but `l`."""
    title_ids, _ = dense_index(titles["title_id"])
    names = "".join(title_ids.to_pylist())
    history = sp.lil_matrix((len(ages), len(names)))
    for customer, watched in seen.items():
        for title in watched:
            history[customer, names.index(title)] = 1.0
    customer_ids = pa.array([f"c{n}" for n in range(len(ages))])
    licensed = list(names.replace("l", ""))
    licences = pa.table({"title_id": licensed, "territory_code": ["WW"] * len(licensed)})
    customers = pa.table(
        {
            "customer_id": customer_ids.take(pa.array(range(len(ages) - 1, -1, -1))),
            "country_code": pa.nulls(len(ages), pa.string()),
            "highest_minimum_age": pa.array(ages[::-1], pa.int32()),
        }
    )
    found = Eligibility(titles, licences, customers, customer_ids, title_ids, config)
    mask = found.excluded(slice(0, len(ages)), history.tocsr())
    return ["".join(name for name, out in zip(names, row, strict=True) if out) for row in mask]


def test_what_may_not_be_shown() -> None:
    titles = catalogue(
        a=(None, "film", 12, True),
        b=(None, "film", None, True),
        l=(None, "film", 0, True),
        s=(None, "series", 0, False),
        t=(None, "track", 0, True),
        v=(None, None, 16, True),
    )
    config = RuleConfig(rewatchable_types=("track",), unrated_minimum_age=18)
    assert excluded(titles, [12, 17, 18, None], {3: "atv"}, config) == ["blsv", "bls", "ls", "alsv"]
    # Nothing is watched again unless it is said so, and unrated titles may be for all.
    config = RuleConfig(unrated_minimum_age=0)
    assert excluded(titles, [12, None], {1: "t"}, config) == ["lsv", "lst"]


def variety(titles: pa.Table, title_genres: pa.Table, limit: int) -> Variety:
    title_ids, _ = dense_index(titles["title_id"])
    return Variety(titles, title_genres, title_ids, RuleConfig(maximum_per_genre=limit))


def film(series: str | None = None) -> tuple[str | None, None, None, bool]:
    return (series, None, None, True)


def test_a_series_comes_once_and_a_genre_so_many_times() -> None:
    titles = catalogue(a=film("s"), b=film("s"), c=film(), d=film(), e=film(), f=film())
    shows = variety(titles, genres(a="x", b="y", c="x", d="xy", e="y"), 2)
    keys = np.array([[60, 50, 40, 30, 20, 10], [-1, 50, 40, -1, 20, 10]])
    # b is of the series of a, d a third of genre x.
    assert shows.best_lists(keys, 4).tolist() == [[0, 2, 4, 5], [1, 2, 4, 5]]
    # Five are only to be had with d; no other list may break the rule of series.
    assert shows.best_lists(keys, 5).tolist() == [[0, 2, 3, 4, 5], [1, 2, 4, 5, -1]]


def test_a_title_may_stand_beside_others_of_no_full_genre_and_no_own_series() -> None:
    titles = catalogue(a=film("s"), b=film("s"), c=film(), d=film(), e=film())
    shows = variety(titles, genres(a="x", b="y", c="x", d="xz", e="z"), 2)
    lists = np.array([[0, 2, -1], [0, -1, -1], [-1, -1, -1]])
    assert shows.allowed_beside(lists, np.array([1, 3, 4])).tolist() == [
        [False, False, True],
        [False, True, True],
        [True, True, True],
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 9))
def test_lists_are_greedy_whatever_is_looked_at_first(seed: int, limit: int, length: int) -> None:
    generator = np.random.default_rng(seed)
    names = [f"t{n:02d}" for n in range(14)]
    series = [None if number > 3 else f"s{number}" for number in generator.integers(0, 9, 14)]
    titles = catalogue(**{name: film(own) for name, own in zip(names, series, strict=True)})
    title_genres = genres(**{name: "wxyz"[: generator.integers(0, 5)] for name in names})
    of: dict[str, set[str]] = {name: set() for name in names}
    for row in title_genres.to_pylist():
        of[row["title_id"]].add(row["genre_name"])
    keys = generator.permuted(np.tile(np.arange(14), (3, 1)), axis=1)
    keys[generator.random((3, 14)) < 0.2] = -1
    shows = variety(titles, title_genres, limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "_CANDIDATES_A_PLACE", 1)
        found = shows.best_lists(keys, length)
    assert found.tolist() == shows.best_lists(keys, length).tolist()
    for row, key in zip(found.tolist(), keys, strict=True):
        picked: list[int] = []
        ordered = [title for title in np.argsort(-key).tolist() if key[title] >= 0]
        for is_strict in (True, False):
            for title in ordered:
                crowded = any(
                    sum(genre in of[names[other]] for other in picked) >= limit
                    for genre in of[names[title]]
                )
                if len(picked) == length or title in picked:
                    continue
                if series[title] and series[title] in {series[other] for other in picked}:
                    continue
                if not (is_strict and crowded):
                    picked.append(title)
        expected = sorted(picked, key=lambda title: -key[title])
        assert [title for title in row if title >= 0] == expected
