from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
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
    Audience,
    Catalogue,
    RecommenderSpecification,
    fit_recommenders,
    recommend,
    score_segments,
    score_territories,
)
from marquee.ml.recommendation.blending import BlendConfig
from marquee.ml.recommendation.exposure import ExposureConfig
from marquee.ml.recommendation.rules import RuleConfig

from .cases import interaction_table, pairs, seeded_interactions, shuffled
from .test_content import weighing
from .test_similarity import genres as title_genres

SPECIFICATION = RecommenderSpecification.from_mapping(
    {
        "list_length": 4,
        "minimum_territory_customers": 2,
        "minimum_segment_customers": 2,
        # The champion alone, in lists that nothing is put into.
        "blend": {"prior_customers": 0},
        "exposure": {"one_in_lists": 0},
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
            "highest_minimum_age": pa.nulls(len(ids), pa.int32()),
        }
    )


def segments(**members: int) -> pa.Table:
    return pa.table(
        {
            "customer_id": pa.array(members, pa.string()),
            "segment_id": pa.array(members.values(), pa.int64()),
        }
    )


def titles(ids: Sequence[str], series: Sequence[str] = (), untyped: Sequence[str] = ()) -> pa.Table:
    playable = [None if title in untyped else title not in series for title in ids]
    return pa.table(
        {
            "title_id": pa.array(list(ids), pa.string()),
            "series_id": pa.nulls(len(ids), pa.string()),
            "title_type": pa.nulls(len(ids), pa.string()),
            "minimum_age": pa.nulls(len(ids), pa.int32()),
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
    tastes: pa.Table | None = None,
    genres: pa.Table | None = None,
    new: Sequence[str] = (),
) -> pa.Table:
    """Lists from what stands in the tables; contents are the genres."""
    tastes = segments() if tastes is None else tastes
    genres = title_genres() if genres is None else genres
    ids = what["title_id"]
    return recommend(
        interactions,
        parameters,
        champion,
        Audience(
            customers=who,
            customer_segments=tastes,
            territories=score_territories(interactions, who, specification),
            segments=score_segments(interactions, tastes, specification),
        ),
        Catalogue(
            titles=what,
            licences=everywhere(what) if licensed is None else licensed,
            genres=genres,
            attributes=genres.rename_columns(["title_id", "attribute_value"]).append_column(
                "attribute_kind", pa.repeat("genre", genres.num_rows)
            ),
            content_weights=weighing(genre="1"),
            newness=pa.table(
                {"title_id": ids, "is_new": pc.is_in(ids, value_set=pa.array(new, pa.string()))}
            ),
        ),
        specification,
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


def test_customers_of_the_same_taste_speak_before_those_of_the_same_country() -> None:
    interactions = pairs("1:ab 2:ab 3:c 4:cd 5:d 6:e")
    who = customers(*[(name, "SE") for name in "1234567"])
    tastes = segments(**{"1": 1, "2": 1, "3": 2, "4": 2, "5": 2, "7": 2, "6": 3})
    found = lists(
        serve(interactions, neighbors(), "ease", who, titles("abcde"), SPECIFICATION, None, tastes)
    )
    third, sixth = Decimal("0.33333333"), Decimal("0.16666667")
    assert found["7"] == [
        ("c", 2 * third + Decimal("0.00000001"), "segment", None),
        ("d", 2 * third + Decimal("0.00000001"), "segment", None),
        ("a", third, "territory", None),
        ("b", third, "territory", None),
    ]
    # Of segment 3 nobody else has a history, and two are needed.
    assert found["6"][0] == ("a", third, "territory", None)
    assert found["5"][:2] == [
        ("c", 2 * third + Decimal("0.00000001"), "segment", None),
        ("a", third, "territory", None),
    ]
    assert found["5"][3] == ("e", sixth, "territory", None)


def test_a_title_that_nobody_has_is_recommended_by_its_contents() -> None:
    interactions = pairs("1:ab 2:ac 3:abc")
    parameters = neighbors(("a", "c", "0.8"), ("b", "d", "0.1"))
    genres = title_genres(a="x", b="y", c="y", n="x", u="z")
    mixed = replace(SPECIFICATION, blend=BlendConfig(prior_customers=1, content_strength=0.5))
    found = lists(
        serve(
            *(interactions, parameters, "item_knn", customers(("1", None))),
            *(titles("abcdnu"), mixed),
            genres=genres,
        )
    )
    # c: two of three parts are the champion's 0.8, the third half of it times the likeness: the
    # history is as much x as y. n is as like, and all by contents; d has none and keeps its score.
    alike = 0.5 * 0.8 / 2**0.5
    expected = {"c": 2 / 3 * 0.8 + alike / 3, "n": alike, "d": 0.1}
    assert [(row[0], row[2], row[3]) for row in found["1"]] == [
        ("c", "personal", "a"),
        ("n", "personal", "a"),
        ("d", "personal", "b"),
        ("u", "popular", None),
    ]
    for title, score, *_ in found["1"][:3]:
        assert float(score) == pytest.approx(expected[title], abs=1e-8)


def test_chosen_lists_have_a_new_title_at_its_place() -> None:
    everybody = [f"c{n}" for n in range(200)]
    interactions = interaction_table([("c0", "a", 1.0, None, 0, 0), ("c1", "a", 1.0, None, 0, 0)])
    settings = ExposureConfig(one_in_lists=4, rank=2)
    found = lists(
        serve(
            *(interactions, neighbors(), "popularity"),
            customers(*[(name, None) for name in everybody]),
            titles("abcdefnm"),
            replace(SPECIFICATION, exposure=settings),
            new="nm",
        )
    )
    with_new = {name: rows for name, rows in found.items() if {"n", "m"} & {row[0] for row in rows}}
    assert 25 < len(with_new) < 80
    assert {len(rows) for rows in found.values()} == {4}
    turns = {"n": 0, "m": 0}
    for rows in with_new.values():
        assert [row[2] for row in rows] == ["popular", "new", "popular", "popular"]
        assert rows[1][1] == 0
        assert rows[1][3] is None
        turns[rows[1][0]] += 1
    assert min(turns.values()) > 5


def test_a_new_title_obeys_the_rules_and_is_not_put_in_twice() -> None:
    interactions = pairs("1:a 2:a")
    exposed = replace(SPECIFICATION, exposure=ExposureConfig(one_in_lists=1, rank=1))
    genres = title_genres(a="x", n="x", m="y", o="x")
    arguments = (interactions, neighbors(), "popularity", customers(("1", "SE")))
    what = titles("abcdefnmo")
    # The likest is not licensed, and of the others n is like the history.
    licensed = licences(*[(title, "WW") for title in "abcdefnm"])
    found = lists(serve(*arguments, what, exposed, licensed, None, genres, "nmo"))["1"]
    assert [row[0] for row in found] == ["n", "b", "c", "d"]
    assert found[0][1:3] == (Decimal(1), "new")
    # Who has a new title anyway gets no other.
    few = lists(serve(*arguments, titles("anm"), exposed, None, None, genres, "nm"))["1"]
    assert [(row[0], row[2]) for row in few] == [("m", "popular"), ("n", "popular")]


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
    order = {"personal": 0, "segment": 1, "territory": 2, "popular": 3}
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


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_any_order_gives_the_same_lists_with_all_rungs_at_work(algorithm: str) -> None:
    settings = replace(
        SPECIFICATION,
        blend=BlendConfig(),
        exposure=ExposureConfig(one_in_lists=2, rank=2),
        rules=RuleConfig(maximum_per_genre=2),
    )
    interactions = seeded_interactions(40, 20)
    parameters = fit_recommenders(interactions, ALGORITHMS, SPECIFICATION)
    who = customers(*[(f"c{n}", ["SE", "NO", None][n % 3]) for n in range(60)])
    offered = titles([f"t{n}" for n in range(2, 30)])
    tastes = segments(**{f"c{n}": n % 4 for n in range(0, 60, 2)})
    genres = title_genres(**{f"t{n}": "uvwxyz"[n % 5 : n % 7] for n in range(30)})
    new = [f"t{n}" for n in range(20, 30)]
    found = serve(
        *(interactions, parameters, algorithm, who, offered, settings, None, tastes, genres, new)
    )
    strategies = set(found["strategy"].to_pylist())
    assert strategies >= {"segment", "territory", "new"}
    assert ("personal" in strategies) == (algorithm != "popularity")
    again = serve(
        *(shuffled(interactions, 1), shuffled(parameters, 2), algorithm, shuffled(who, 3)),
        *(offered.take(pa.array(range(27, -1, -1))), settings, None),
        *(tastes.take(pa.array(range(29, -1, -1))), shuffled(genres, 4), new),
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
    assert score_segments(pairs("1:a"), segments(), SPECIFICATION).num_rows == 0
    assert score_territories(pairs("1:a"), nobody, SPECIFICATION).num_rows == 0
    nothing = interaction_table([])
    someone = customers(("1", "SE"))
    assert score_territories(nothing, someone, SPECIFICATION).num_rows == 0
