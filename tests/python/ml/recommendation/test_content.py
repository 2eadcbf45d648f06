from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from marquee.ml.dense_index import dense_index
from marquee.ml.recommendation import (
    PARAMETER_SCHEMA,
    SIMILAR_TITLE_SCHEMA,
    batches,
    similar_titles,
)
from marquee.ml.recommendation.content import (
    ATTRIBUTE_SCHEMA,
    CONTENT_WEIGHT_TYPE,
    ContentConfig,
    content_vectors,
    nearest_titles,
    rating_factors,
    series_groups,
)
from marquee.ml.recommendation.interactions import index_interactions

from .cases import interaction_table, pairs, seeded_interactions, shuffled

NO_GENRES = pa.table(
    {"title_id": pa.array([], pa.string()), "genre_name": pa.array([], pa.string())}
)


def titles(*ids: str) -> pa.Table:
    return pa.table({"title_id": pa.array(ids, pa.string())})


def described(*rows: tuple[str, str, str]) -> pa.Table:
    """Title, kind and value, one row each."""
    columns = zip(*rows, strict=True) if rows else [[]] * 3
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=ATTRIBUTE_SCHEMA)


def weighing(**kinds: str) -> pa.Table:
    return pa.table(
        {
            "attribute_kind": pa.array(kinds, pa.string()),
            "content_weight": pa.array(map(Decimal, kinds.values()), CONTENT_WEIGHT_TYPE),
        }
    )


def cosines(attributes: pa.Table, weights: pa.Table, ids: str) -> np.ndarray:
    vectors = content_vectors(attributes, weights, pa.array(list(ids)))
    return np.round((vectors @ vectors.T).toarray(), 12)


def neighbours(
    what: pa.Table,
    attributes: pa.Table,
    weights: pa.Table,
    interactions: pa.Table | None = None,
    limit: int = 20,
) -> dict[str, list[tuple[str, Decimal]]]:
    found = similar_titles(
        pairs("") if interactions is None else interactions,
        PARAMETER_SCHEMA.empty_table(),
        NO_GENRES,
        what,
        attributes,
        weights,
        limit=limit,
    )
    assert found.schema == SIMILAR_TITLE_SCHEMA
    lists: dict[str, list[tuple[str, Decimal]]] = {}
    for row in found.to_pylist():
        if row["method"] == "content":
            mine = lists.setdefault(row["title_id"], [])
            mine.append((row["similar_title_id"], row["similarity_score"]))
            assert row["similarity_rank"] == len(mine)
    return lists


def test_kinds_are_weighted_means_and_a_missing_kind_makes_nothing_unlike() -> None:
    attributes = described(
        *[("a", "genre", "x"), ("b", "genre", "x"), ("c", "genre", "x"), ("c", "genre", "x")],
        *[("a", "tag", "p"), ("b", "tag", "q")],
    )
    found = cosines(attributes, weighing(genre="3", tag="1"), "abc")
    # a and b share the genre (3 of 4 parts), not the tag; c has no tag, and the genre once.
    assert found[0, 1] == pytest.approx(3 / 4)
    assert found[0, 2] == pytest.approx(np.sqrt(3 / 4))
    assert found.diagonal().tolist() == [1.0, 1.0, 1.0]
    assert cosines(attributes, weighing(genre="3", tag="0"), "abc").min() == 1.0


def test_rare_values_say_more_than_common_ones() -> None:
    attributes = described(
        *[("a", "tag", "rare"), ("b", "tag", "rare")],
        *[(title, "tag", "common") for title in "acdefg"],
    )
    found = cosines(attributes, weighing(tag="1"), "abcdefg")
    assert found[0, 1] > found[0, 2] > 0


def test_words_of_descriptions_and_names_count_wherever_they_stand() -> None:
    attributes = described(
        ("a", "description", "A heist, in Lisbon!"),
        ("b", "description", "lisbon: HEIST"),
        ("c", "description", "dragons"),
        ("d", "description", "? !"),
    )
    found = cosines(attributes, weighing(description="1", name="1"), "abcd")
    assert found[0, 1] > 0.7
    assert found[0, 2] == found[3, 3] == 0.0
    assert cosines(described(("a", "name", "?")), weighing(name="1"), "a").tolist() == [[0.0]]


def test_a_never_watched_title_has_neighbours_and_of_a_series_only_the_nearest() -> None:
    what = titles("film", "like", "other", "show", "show1", "show2")
    attributes = described(
        *[(title, "genre", "x") for title in ("film", "like", "show1")],
        *[("show2", "genre", "x"), ("show2", "tag", "p"), ("film", "tag", "p")],
        *[(title, "series", "show") for title in ("show", "show1", "show2")],
        ("other", "genre", "y"),
    )
    found = neighbours(what, attributes, weighing(genre="1", tag="1", series="1"))
    assert [title for title, _ in found["film"]] == ["show2", "like", "other"]
    assert found["film"][2] == ("other", Decimal(0))
    # Beside a part of a series stands one other of it.
    assert len({"show", "show1"} & {title for title, _ in found["show2"]}) == 1
    assert set(found) == set(what["title_id"].to_pylist())


def test_titles_of_no_attributes_get_those_with_the_most_customers() -> None:
    found = neighbours(titles("a", "b", "c"), described(), weighing(genre="1"), pairs("1:c 2:bc"))
    assert found["a"] == [("c", Decimal(0)), ("b", Decimal(0))]


def test_ratings_take_off_what_the_shrunken_mean_says() -> None:
    interactions = index_interactions(
        interaction_table(
            [
                *[("1", "a", 1, 5.0, 0, 0), ("2", "a", 1, 5.0, 0, 0), ("1", "b", 1, 2.0, 0, 0)],
                ("2", "c", 1, None, 0, 0),
            ]
        )
    )
    ids = pa.array(["a", "b", "c", "new"])
    factors = rating_factors(interactions, ids, ContentConfig(0.9, 2.0))
    # The mean of all is 4; a has (10 + 8) / 4, b (2 + 8) / 3, and whoever has none 4.
    expected = [1 - 0.9 * (5 - mean) / 4.5 for mean in (4.5, 10 / 3, 4.0, 4.0)]
    assert factors.tolist() == pytest.approx(expected)
    none = index_interactions(pairs("1:a"))
    assert rating_factors(none, ids, ContentConfig()).tolist() == [1.0] * 4
    # Of two that are equally alike the better rated is nearer.
    attributes = described(*[(title, "genre", "x") for title in "dab"])
    rated = interaction_table([("1", "a", 1, 0.5, 0, 0), ("1", "b", 1, 5.0, 0, 0)])
    found = neighbours(titles("a", "b", "d"), attributes, weighing(genre="1"), rated)
    assert [title for title, _ in found["d"]] == ["b", "a"]
    assert 1 > found["d"][0][1] > found["d"][1][1] > 0


def test_one_title_is_like_no_other_and_no_titles_give_no_rows() -> None:
    attributes = described(("a", "genre", "x"), ("b", "genre", "x"))
    assert neighbours(titles("a"), attributes, weighing(genre="1")) == {}
    assert neighbours(titles(), described(), weighing()) == {}


def test_blocks_and_order_of_the_input_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(3)
    rows = [
        (f"t{n}", kind, f"v{value} w{generator.integers(4)}" if kind == "name" else f"v{value}")
        for n in range(60)
        for kind in ("genre", "tag", "talent", "name", "series")
        for value in np.unique(generator.integers(0, 12, 1 if kind in ("name", "series") else 3))
    ]
    weights = weighing(genre="1", tag="0.5", talent="0.4", name="0.2", series="0.3")
    interactions, what = seeded_interactions(30, 40), titles(*(f"t{n}" for n in range(60)))
    found = neighbours(what, described(*rows), weights, interactions)
    assert set(found) == set(what["title_id"].to_pylist())
    assert all(0 <= score <= 1 for mine in found.values() for _, score in mine)
    monkeypatch.setattr(batches, "_BATCH_CELLS", 180)
    again = neighbours(
        shuffled(pa.table({"title_id": what["title_id"], "x": what["title_id"]}), 1),
        shuffled(described(*rows), 2),
        shuffled(
            weights.select([0, 0, 1]).rename_columns(["attribute_kind", "x", "content_weight"]), 3
        ),
        shuffled(interactions, 4),
    )
    assert again == found


def test_nearest_titles_are_those_of_all_pairs() -> None:
    ids, _ = dense_index(pa.array([f"t{n}" for n in range(30)]))
    generator = np.random.default_rng(5)
    attributes = described(
        *[(title, "tag", f"v{generator.integers(9)}") for title in ids.to_pylist() * 3]
    )
    vectors = content_vectors(attributes, weighing(tag="1"), ids)
    factors, counts = generator.uniform(0.5, 1, 30), generator.integers(0, 3, 30)
    groups = series_groups(described(), ids)
    asked, _, similar, scores = nearest_titles(vectors, factors, groups, counts, 4)
    dense = np.rint((vectors @ vectors.T).toarray() * factors * 1e8).astype(int)
    for title in range(30):
        order = sorted(set(range(30)) - {title}, key=lambda t: (-dense[title, t], -counts[t], t))
        mine = asked == title
        assert similar[mine].tolist() == order[:4]
        assert scores[mine].tolist() == dense[title, order[:4]].tolist()


def test_a_kind_with_two_weights_is_refused() -> None:
    twice = pa.concat_tables([weighing(tag="1"), weighing(tag="2")])
    with pytest.raises(ValueError, match="more than one weight"):
        content_vectors(described(), twice, pa.array(["a"]))
