from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
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


def titles(ids: Sequence[str], series: Sequence[str] = (), untyped: Sequence[str] = ()) -> pa.Table:
    playable = [None if title in untyped else title not in series for title in ids]
    return pa.table(
        {
            "title_id": pa.array(list(ids), pa.string()),
            "is_playable": pa.array(playable, pa.bool_()),
        }
    )


def licences(*rows: tuple[str, str]) -> pa.Table:
    return pa.table(
        {
            "title_id": pa.array([row[0] for row in rows], pa.string()),
            "territory_code": pa.array([row[1] for row in rows], pa.string()),
        }
    )


def everywhere(what: pa.Table) -> pa.Table:
    return licences(*((title, "WW") for title in what["title_id"].to_pylist()))


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
    licensed: pa.Table | None = None,
) -> pa.Table:
    return recommend(
        interactions=interactions,
        parameters=parameters,
        champion_algorithm=champion,
        customers=who,
        titles=what,
        licences=everywhere(what) if licensed is None else licensed,
        territories=score_territories(interactions, who, specification),
        specification=specification,
    )


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


def test_every_strategy_obeys_the_licences_of_the_country_and_lists_stay_full() -> None:
    interactions = pairs("1:ab 2:acd 3:ace 4:a 5:a")
    parameters = neighbors(("a", "x", "0.9"), ("a", "y", "0.8"), ("a", "z", "0.7"))
    who = customers(("1", "SE"), ("2", "SE"), ("3", "NO"), ("4", None), ("5", "DK"))
    licensed = licences(
        *[("a", "WW"), ("c", "SE"), ("d", "NO"), ("e", "SE"), ("e", "NO"), ("f", "WW")],
        *[("g", "WW"), ("x", "SE"), ("y", "NO"), ("z", "WW"), ("unlisted", "WW")],
    )
    found = lists(
        serve(
            interactions,
            parameters,
            "item_knn",
            who,
            titles("abcdefgxyz"),
            SPECIFICATION,
            licensed,
        )
    )
    shown = {
        customer: [(title, strategy) for title, _, strategy, _ in rows]
        for customer, rows in found.items()
    }
    assert shown["1"] == [
        ("x", "personal"),
        ("z", "personal"),
        ("c", "territory"),
        ("e", "popular"),
    ]
    # d is popular in SE too, but licensed in NO only; b is licensed nowhere.
    assert shown["2"] == [("x", "personal"), ("z", "personal"), ("e", "popular"), ("f", "popular")]
    assert shown["3"] == [("y", "personal"), ("z", "personal"), ("d", "popular"), ("f", "popular")]
    # Of an unknown country, and of one that no licence names, only worldwide licences are known.
    assert shown["4"] == [("z", "personal"), ("f", "popular"), ("g", "popular")]
    assert shown["5"] == shown["4"]


def test_a_series_is_in_no_list_and_a_title_of_unknown_type_may_be() -> None:
    parameters = neighbors(("a", "s", "0.9"), ("a", "x", "0.5"))
    what = titles("asxy", series="s", untyped="y")
    found = lists(
        serve(
            pairs("1:a 2:s 3:s"),
            parameters,
            "item_knn",
            customers(("1", "SE")),
            what,
            SPECIFICATION,
        )
    )
    assert [row[0] for row in found["1"]] == ["x", "y"]


def test_licences_change_lists_and_no_model_version() -> None:
    """What is trained sees no licences: the same parameters serve whatever they allow."""
    interactions = seeded_interactions(20, 10)
    parameters = fit_recommenders(interactions, ["ease"], SPECIFICATION)
    who, what = customers(("c1", "SE")), titles([f"t{n}" for n in range(15)])
    free = serve(interactions, parameters, "ease", who, what, SPECIFICATION)
    first = free["title_id"][0].as_py()
    others = everywhere(what.filter(pc.field("title_id") != first))
    bound = serve(interactions, parameters, "ease", who, what, SPECIFICATION, others)
    assert bound["title_id"].to_pylist()[:3] == free["title_id"].to_pylist()[1:]
    assert bound["score"].to_pylist()[:3] == free["score"].to_pylist()[1:]


COUNTRIES = ("AA", "BB", None)


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.tuples(st.sampled_from("123"), st.sampled_from("abcde"))),
    st.dictionaries(st.sampled_from("1234"), st.sampled_from(COUNTRIES)),
    st.sets(st.sampled_from("abcdefgh")),
    st.sets(st.sampled_from("abcdefgh")),
    st.sets(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["WW", "AA", "BB", "CC"]))),
)
def test_everybody_is_served_as_many_licensed_unseen_titles_as_there_are(
    seen: set[tuple[str, str]],
    asked: dict[str, str | None],
    offered: set[str],
    series: set[str],
    licensed: set[tuple[str, str]],
) -> None:
    interactions = interaction_table([(*pair, 1.0, None, 0, 0) for pair in sorted(seen)])
    found = lists(
        serve(
            interactions,
            fit_recommenders(interactions, ["ease"], SPECIFICATION),
            "ease",
            customers(*asked.items()),
            titles(sorted(offered), series=sorted(series)),
            SPECIFICATION,
            licences(*sorted(licensed)),
        )
    )
    for customer, country in asked.items():
        left = {
            title
            for title in offered - series
            if (customer, title) not in seen and {(title, "WW"), (title, country)} & licensed
        }
        given_titles = [row[0] for row in found[customer]]
        assert len(given_titles) == len(set(given_titles)) == min(4, len(left))
        assert set(given_titles) <= left


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
