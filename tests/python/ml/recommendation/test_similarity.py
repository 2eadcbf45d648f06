from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.recommendation import (
    SIMILAR_TITLE_SCHEMA,
    RecommenderSpecification,
    fit_recommenders,
    similar_titles,
)

from .cases import pairs, seeded_interactions, shuffled
from .test_content import described, titles, weighing

SPECIFICATION = RecommenderSpecification.from_mapping({"item_knn": {"shrinkage": 0}})


def genres(**titles: str) -> pa.Table:
    rows = [(title, genre) for title, names in titles.items() for genre in names]
    return pa.table(
        {
            "title_id": pa.array([row[0] for row in rows], pa.string()),
            "genre_name": pa.array([row[1] for row in rows], pa.string()),
        }
    )


def by_history(
    interactions: pa.Table, parameters: pa.Table, title_genres: pa.Table, limit: int = 20
) -> pa.Table:
    """What history says: the catalogue lists nothing, so that content says nothing of it."""
    found = similar_titles(
        interactions,
        parameters,
        title_genres,
        titles(),
        described(),
        weighing(),
        limit=limit,
    )
    assert found.schema == SIMILAR_TITLE_SCHEMA
    return found.filter(pc.field("method") != "content")


def rows_of(text: str, title_genres: pa.Table, limit: int = 20) -> list[tuple[object, ...]]:
    interactions = pairs(text)
    parameters = fit_recommenders(interactions, ["item_knn"], SPECIFICATION)
    found = by_history(interactions, parameters, title_genres, limit)
    return list(zip(*(column.to_pylist() for column in found), strict=True))


def test_shared_customers_come_first_and_ties_go_to_the_lower_id() -> None:
    found = rows_of("1:abc 2:ab 3:a", genres(a="x"))
    assert [row[:4] for row in found] == [
        ("a", "collaborative", 1, "b"),
        ("a", "collaborative", 2, "c"),
        ("b", "collaborative", 1, "a"),
        ("b", "collaborative", 2, "c"),
        ("c", "collaborative", 1, "b"),
        ("c", "collaborative", 2, "a"),
    ]
    assert found[0][4] == Decimal("0.81649658")


def test_genre_takes_its_place_where_nobody_shares_a_title() -> None:
    title_genres = genres(a="xy", b="xy", c="xz", d="xz", e="w")
    found = rows_of("1:a 2:bc 3:c", title_genres, limit=3)
    third = Decimal("0.33333333")
    # c has two customers and d none; e shares no genre.
    assert [row for row in found if row[0] == "a"] == [
        ("a", "genre", 1, "b", Decimal("1")),
        ("a", "genre", 2, "c", third),
        ("a", "genre", 3, "d", third),
    ]


def test_without_any_genre_the_titles_with_most_customers_are_the_last_resort() -> None:
    found = rows_of("1:a 2:bc 3:c", genres(), limit=2)
    assert [row for row in found if row[0] == "a"] == [
        ("a", "genre", 1, "c", Decimal("0")),
        ("a", "genre", 2, "b", Decimal("0")),
    ]


def test_a_genre_listed_twice_is_one_genre() -> None:
    found = rows_of("1:a 2:b", genres(a="xxy", b="xy"))
    assert [row[4] for row in found] == [Decimal("1"), Decimal("1")]


def test_the_only_title_is_like_no_other_and_no_titles_give_no_rows() -> None:
    assert rows_of("1:a", genres(a="x")) == []
    assert rows_of("", genres(a="x")) == []


def test_every_title_with_history_has_rows_in_any_order_of_the_input() -> None:
    interactions = seeded_interactions(6, 40)
    parameters = fit_recommenders(interactions, ["item_knn"], SPECIFICATION)
    title_genres = genres(**{f"t{n}": "abc"[: n % 3] for n in range(45)})
    found = by_history(interactions, parameters, title_genres, 5)
    assert set(found["title_id"].to_pylist()) == set(interactions["title_id"].to_pylist())
    scores = [float(score) for score in found["similarity_score"].to_pylist()]
    assert 0 <= min(scores) <= max(scores) <= 1
    assert not any(
        title == similar
        for title, similar in zip(
            found["title_id"].to_pylist(), found["similar_title_id"].to_pylist(), strict=True
        )
    )
    again = by_history(
        shuffled(interactions, 1), shuffled(parameters, 2), shuffled(title_genres, 3), 5
    )
    assert again.equals(found)
