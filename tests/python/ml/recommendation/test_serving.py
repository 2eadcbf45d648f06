from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee.ml.recommendation import (
    PARAMETER_SCHEMA,
    RECOMMENDATION_SCHEMA,
    RecommenderSpecification,
    fit_recommenders,
    recommend,
    score_territories,
)

from .cases import interaction_table, pairs, seeded_interactions, shuffled

SPECIFICATION = RecommenderSpecification.from_mapping(
    {
        "list_length": 4,
        "minimum_territory_customers": 2,
        "ease": {"regularization": 1},
        "als": {"factors": 4, "regularization": 1},
    }
)
ALGORITHMS = ("popularity", "item_knn", "ease", "als")


def customers(*rows: tuple[str, str | None]) -> pa.Table:
    ids, countries = [row[0] for row in rows], [row[1] for row in rows]
    return pa.table(
        {
            "customer_id": pa.array(ids, pa.string()),
            "country_code": pa.array(countries, pa.string()),
        }
    )


def titles(ids: Sequence[str]) -> pa.Table:
    return pa.table({"title_id": pa.array(list(ids), pa.string())})


def neighbors(*rows: tuple[str, str, str]) -> pa.Table:
    table = pa.table(
        {
            "algorithm": ["item_knn"] * len(rows),
            "parameter_name": ["neighbor"] * len(rows),
            "row_id": [row[0] for row in rows],
            "column_id": [row[1] for row in rows],
            "parameter_value": [Decimal(row[2]) for row in rows],
        }
    )
    return table.cast(PARAMETER_SCHEMA)


def lists(recommendations: pa.Table) -> dict[str, list[tuple[Any, ...]]]:
    found = defaultdict(list)
    for customer, rank, *rest in zip(
        *(column.to_pylist() for column in recommendations), strict=True
    ):
        found[customer].append(tuple(rest))
        assert rank == len(found[customer])
    return found


def serve(
    interactions: pa.Table,
    parameters: pa.Table,
    champion: str,
    who: pa.Table,
    what: pa.Table,
    specification: RecommenderSpecification,
) -> pa.Table:
    territories = score_territories(interactions, who, specification)
    return recommend(interactions, parameters, champion, who, what, territories, specification)


def test_a_list_is_personal_then_territory_then_popular() -> None:
    interactions = pairs("1:ab 2:ac 3:ad 4:d 5:d")
    parameters = neighbors(("a", "x", "0.5"), ("b", "x", "0.25"), ("b", "y", "0.75"))
    who = customers(("3", "SE"), ("1", "SE"), ("2", "SE"), ("4", "NO"), ("9", None))
    found = lists(
        serve(interactions, parameters, "item_knn", who, titles("abcdxyz"), SPECIFICATION)
    )
    third = Decimal("0.33333333")
    assert found["1"] == [
        ("x", Decimal("0.75"), "personal", "a"),
        ("y", Decimal("0.75"), "personal", "b"),
        ("c", third, "territory", None),
        ("d", third, "territory", None),
    ]
    # Only one customer in NO has history, and two are needed.
    assert found["4"] == [
        ("a", Decimal("0.6"), "popular", None),
        ("b", Decimal("0.2"), "popular", None),
        ("c", Decimal("0.2"), "popular", None),
        ("x", Decimal("0"), "popular", None),
    ]
    assert [row[:3] for row in found["9"][:2]] == [
        ("a", Decimal("0.6"), "popular"),
        ("d", Decimal("0.6"), "popular"),
    ]
    assert list(found) == ["1", "2", "3", "4", "9"]


def test_a_customer_who_has_seen_nearly_everything_gets_what_is_left() -> None:
    who = customers(("1", None), ("2", None))
    found = lists(
        serve(pairs("1:abc 2:abcd"), neighbors(), "item_knn", who, titles("abcd"), SPECIFICATION)
    )
    assert dict(found) == {"1": [("d", Decimal("0.5"), "popular", None)]}


def test_a_title_that_is_no_longer_offered_still_explains() -> None:
    parameters = neighbors(("old", "x", "0.5"))
    interactions = interaction_table([("1", "old", 1, None, 0, 0)])
    found = lists(
        serve(
            interactions, parameters, "item_knn", customers(("1", None)), titles("x"), SPECIFICATION
        )
    )
    assert found["1"] == [("x", Decimal("0.5"), "personal", "old")]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_champion_serves_everybody_unseen_titles(algorithm: str) -> None:
    interactions = seeded_interactions(40, 20)
    parameters = fit_recommenders(interactions, ALGORITHMS, SPECIFICATION)
    who = customers(*[(f"c{n}", ["SE", "NO", None][n % 3]) for n in range(45)])
    offered = titles([f"t{n}" for n in range(2, 25)])
    found = serve(interactions, parameters, algorithm, who, offered, SPECIFICATION)
    assert found.schema == RECOMMENDATION_SCHEMA
    served = lists(found)
    seen = set(
        zip(*(interactions[name].to_pylist() for name in ("customer_id", "title_id")), strict=True)
    )
    assert set(served) == set(who["customer_id"].to_pylist())
    order = {"personal": 0, "territory": 1, "popular": 2}
    for customer, rows in served.items():
        assert len({row[0] for row in rows}) == 4
        assert not {(customer, row[0]) for row in rows} & seen
        assert {row[0] for row in rows} <= set(offered["title_id"].to_pylist())
        keys = [(order[strategy], -score, title) for title, score, strategy, _ in rows]
        assert keys == sorted(keys)
        for _, _, strategy, because in rows:
            assert (because is not None) == (strategy == "personal")
            assert because is None or (customer, because) in seen
    strategies = {row[2] for rows in served.values() for row in rows}
    assert ("personal" in strategies) == (algorithm != "popularity")
    again = serve(
        shuffled(interactions, 5),
        shuffled(parameters, 6),
        algorithm,
        shuffled(who, 7),
        offered,
        SPECIFICATION,
    )
    assert again.equals(found)


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.tuples(st.sampled_from("123"), st.sampled_from("abcde"))),
    st.sets(st.sampled_from("1234")),
    st.sets(st.sampled_from("abcdef")),
)
def test_everybody_is_served_as_many_unseen_titles_as_there_are(
    seen: set[tuple[str, str]], asked: set[str], offered: set[str]
) -> None:
    interactions = interaction_table([(*pair, 1.0, None, 0, 0) for pair in sorted(seen)])
    who = customers(*[(customer, None) for customer in asked])
    found = lists(
        serve(
            interactions,
            fit_recommenders(interactions, ["ease"], SPECIFICATION),
            "ease",
            who,
            titles(sorted(offered)),
            SPECIFICATION,
        )
    )
    for customer in asked:
        unseen = {title for title in offered if (customer, title) not in seen}
        given_titles = [row[0] for row in found[customer]]
        assert len(given_titles) == len(set(given_titles)) == min(4, len(unseen))
        assert set(given_titles) <= unseen


def test_nobody_or_nothing_gives_no_rows_of_the_right_schema() -> None:
    for who, what in ((customers(), titles("ab")), (customers(("1", None)), titles(""))):
        found = serve(pairs("1:a"), neighbors(), "ease", who, what, SPECIFICATION)
        assert found.num_rows == 0
        assert found.schema == RECOMMENDATION_SCHEMA


def test_mistakes_are_named() -> None:
    one = customers(("1", None))
    with pytest.raises(ValueError, match="1 customers are listed more than once"):
        serve(
            pairs("1:a"),
            neighbors(),
            "ease",
            pa.concat_tables([one, one]),
            titles("a"),
            SPECIFICATION,
        )
    with pytest.raises(ValueError, match="unknown algorithm svd"):
        serve(pairs("1:a"), neighbors(), "svd", one, titles("a"), SPECIFICATION)
    versions = fit_recommenders(pairs("1:a 2:ab"), ["popularity", "als"], SPECIFICATION)
    others = fit_recommenders(pairs("1:a 2:b"), ["popularity", "als"], SPECIFICATION)
    both = pa.concat_tables([versions, others])
    with pytest.raises(ValueError, match="the parameters of als have 2 model versions"):
        serve(pairs("1:a"), both, "als", one, titles("a"), SPECIFICATION)


def test_territories_are_shares_of_the_customers_with_history() -> None:
    interactions = pairs("1:ab 2:a 3:b 4:c 8:c")
    who = customers(("1", "SE"), ("2", "SE"), ("3", None), ("4", "NO"), ("5", "SE"), ("6", "NO"))
    found = score_territories(interactions, who, SPECIFICATION).to_pylist()
    assert [(row["country_code"], row["title_id"], row["territory_score"]) for row in found] == [
        ("SE", "a", Decimal(1)),
        ("SE", "b", Decimal("0.5")),
    ]


def test_without_customers_or_interactions_there_are_no_territories() -> None:
    nobody = customers()
    assert score_territories(pairs("1:a"), nobody, SPECIFICATION).num_rows == 0
    nothing = interaction_table([])
    someone = customers(("1", "SE"))
    assert score_territories(nothing, someone, SPECIFICATION).num_rows == 0
