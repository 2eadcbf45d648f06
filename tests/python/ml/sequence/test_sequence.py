"""Next titles: known answers, no look ahead, the same bits for any order, and the neural model."""

import builtins
import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from marquee.ml.evaluations import EVALUATION_SCHEMA
from marquee.ml.recommendation.interactions import INTERACTION_SCHEMA
from marquee.ml.recommendation.parameters import FITTED_PARAMETER_SCHEMA
from marquee.ml.sequence import (
    NEXT_TITLE_SCHEMA,
    SequenceSpecification,
    evaluate_next_titles,
    fit_next_titles,
    recommend_next_titles,
)
from marquee.ml.sequence.evaluation import ranks_of_next
from marquee.ml.sequence.sequences import index_sequences
from marquee.ml.sequence.splits import Split, split_sequences

BEGIN = dt.datetime(2026, 1, 1)
SMALL_GRU = {"dimension": 8, "window": 6, "epochs": 12, "learning_rate": 0.02, "dropout": 0}
NEURAL = {"algorithms": ["markov", "gru"], "gru": SMALL_GRU}
# Each new shape of the network is compiled anew, which takes seconds.
ALGORITHMS = ["popularity", "markov", pytest.param("gru", marks=pytest.mark.slow)]


def interactions(histories: dict[str, list[str]], step_hours: int = 1) -> pa.Table:
    """One row a title of each history, an hour apart."""
    rows = [
        {
            "customer_id": customer,
            "title_id": title,
            "interaction_weight": Decimal("1.0000"),
            "rating_value": None,
            "first_interacted_at": BEGIN + dt.timedelta(hours=step_hours * place),
            "last_interacted_at": BEGIN + dt.timedelta(hours=step_hours * place, days=90),
        }
        for customer, titles in histories.items()
        for place, title in enumerate(titles)
    ]
    return pa.Table.from_pylist(rows, schema=INTERACTION_SCHEMA)


def shuffled(table: pa.Table) -> pa.Table:
    return table.take(pa.array(np.random.default_rng(3).permutation(table.num_rows)))


def specification(**settings: Any) -> SequenceSpecification:
    return SequenceSpecification.from_mapping({"bootstrap_resamples": 20} | settings)


def journeys(customers: int = 240, seed: int = 1) -> dict[str, list[str]]:
    """Where somebody goes from the hub is told by where he came from: two steps decide."""
    random = np.random.default_rng(seed)
    found = {}
    for customer in range(customers):
        blocks = random.permutation(4)
        history = []
        for place, block in enumerate(blocks):
            side = random.integers(2)
            history += [f"from-{block}-{side}", f"hub-{block}", f"to-{block}-{side}"]
            history += [f"filler-{(customer + place) % 7}-{place}"]
        found[f"c{customer:04d}"] = history
    return found


def of_algorithm(evaluations: pa.Table, algorithm: str, metric: str) -> dict[str, Any]:
    [row] = evaluations.filter(
        pc.and_(
            pc.equal(evaluations["algorithm"], algorithm), pc.equal(evaluations["metric"], metric)
        )
    ).to_pylist()
    return row


def test_transitions_are_counts_smoothed_by_popularity():
    table = interactions({"a": ["x", "y"], "b": ["x", "y"], "c": ["x", "z"]})
    settings = specification(markov={"prior_transitions": 1})
    found = {
        (row["parameter_name"], row["row_id"], row["column_id"]): float(row["parameter_value"])
        for row in fit_next_titles(table, "markov", settings).to_pylist()
    }
    assert found == pytest.approx(
        {
            ("transition", "x", "y"): 2 / 4,
            ("transition", "x", "z"): 1 / 4,
            ("backoff", "x", ""): 1 / 4,
            ("share", "", "x"): 3 / 6,
            ("share", "", "y"): 2 / 6,
            ("share", "", "z"): 1 / 6,
        }
    )


def test_the_next_episode_comes_first_and_seen_titles_never():
    series = [f"episode-{number}" for number in range(6)]
    histories = {f"c{row}": series[: 2 + row % 5] for row in range(10)} | {"new": ["unknown"]}
    table = interactions(histories)
    found = listed(table, "markov", specification())
    for customer, history in histories.items():
        own = [row for row in found if row["customer_id"] == customer]
        assert not {row["title_id"] for row in own} & set(history)
        assert {row["after_title_id"] for row in own} <= {history[-1]}
        if customer != "new" and len(history) < 6:
            assert own[0]["title_id"] == series[len(history)]
        assert [row["next_title_rank"] for row in own] == list(range(1, len(own) + 1))


def listed(table: pa.Table, algorithm: str, settings: SequenceSpecification, **changed: Any) -> Any:
    titles = sorted(set(table["title_id"].to_pylist()))
    customers = sorted(set(table["customer_id"].to_pylist()))
    offer = {
        "customers": pa.table({"customer_id": customers, "country_code": ["DE"] * len(customers)}),
        "titles": pa.table(
            {"title_id": titles, "is_playable": pa.array([None] * len(titles), pa.bool_())}
        ),
        "licences": pa.table({"title_id": titles, "territory_code": ["WW"] * len(titles)}),
    } | changed
    return recommend_next_titles(
        table,
        fit_next_titles(table, algorithm, settings),
        algorithm,
        **offer,
        specification=settings,
    ).to_pylist()


def test_only_what_may_be_shown_there_is_listed():
    table = interactions({"a": ["x"], "b": ["x", "y"], "c": ["x", "z"], "d": ["x", "w"]})
    found = listed(
        table,
        "markov",
        specification(),
        titles=pa.table({"title_id": ["y", "z", "w"], "is_playable": [True, True, False]}),
        licences=pa.table({"title_id": ["y", "z", "w"], "territory_code": ["FR", "DE", "WW"]}),
    )
    assert {row["title_id"] for row in found if row["customer_id"] == "a"} == {"z"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_comes_later_changes_no_prediction(algorithm: str):
    """Poison: behind the title that is asked for everything is other and more."""
    histories = journeys(40)
    poisoned = {
        customer: [*titles[:11], *(f"{customer}-{number}" for number in range(9))]
        for customer, titles in histories.items()
    }
    ranks = []
    for own in (histories, poisoned):
        sequences = index_sequences(interactions(own))
        split = Split("hand", sequences.places < 10, np.flatnonzero(sequences.places == 10))
        ranks.append(ranks_of_next(sequences, split, algorithm, specification(**NEURAL)))
    assert np.array_equal(*ranks)
    assert (ranks[0] > 0).all()


def test_one_date_cuts_all_customers_where_enough_are_on_both_sides():
    sequences = index_sequences(interactions(journeys(60)))
    split = split_sequences(sequences, specification(minimum_date_split_customers=60))
    assert split.name == "date"
    cutoff = sequences.first_at[~split.is_train].min()
    assert (sequences.first_at[split.is_train] < cutoff).all()
    assert np.array_equal(split.asked, np.flatnonzero(~split.is_train))
    few = split_sequences(
        sequences, specification(minimum_date_split_customers=61, evaluated_customers=7)
    )
    assert few.name == "customer_time"
    assert len(np.unique(sequences.customers[few.asked])) == 7


def test_a_rank_counts_the_better_titles_that_were_not_seen():
    # From x three went on to y, two to z, one to w; who has had y already is asked about w.
    histories = {f"y{n}": ["x", "y"] for n in range(3)} | {f"z{n}": ["x", "z"] for n in range(2)}
    histories |= {"w": ["x", "w"], "asked": ["y", "q", "r", "x", "w"]}
    sequences = index_sequences(interactions(histories))
    settings = specification()
    split = split_sequences(sequences, settings)
    assert split.name == "customer_time"
    assert sequences.title_ids.take(pa.array(sequences.titles[split.asked])).to_pylist() == ["w"]
    assert ranks_of_next(sequences, split, "markov", settings).tolist() == [2]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_order_of_rows_changes_no_bit(algorithm: str):
    table = interactions(journeys(40))
    settings = specification(**NEURAL)
    again = shuffled(table)
    fitted = fit_next_titles(table, algorithm, settings)
    assert fitted.equals(fit_next_titles(again, algorithm, settings))
    assert fitted.equals(fit_next_titles(again, algorithm, settings, shuffled(fitted)))
    assert listed(table, algorithm, settings) == listed(again, algorithm, settings)


@pytest.mark.parametrize("settings", [{}, pytest.param(NEURAL, marks=pytest.mark.slow)])
def test_the_order_of_rows_changes_no_figure(settings: dict[str, Any]):
    table = interactions(journeys(40))
    found = evaluate_next_titles(table, specification(**settings))
    assert found.equals(evaluate_next_titles(shuffled(table), specification(**settings)))


@pytest.mark.slow
def test_a_neural_model_learns_what_the_last_title_alone_does_not_tell():
    settings = specification(**NEURAL)
    evaluations = evaluate_next_titles(interactions(journeys(400)), settings)
    gain = of_algorithm(evaluations, "gru", "ndcg_at_10")
    assert gain["difference_lower_bound"] > 0
    markov = of_algorithm(evaluations, "markov", "ndcg_at_10")
    assert markov["difference"] is None
    assert gain["baseline_value"] == markov["value"]


def test_registered_evaluations_are_not_made_again():
    table = interactions(journeys(30))
    found = evaluate_next_titles(table, specification())
    marked = found.set_column(
        found.column_names.index("value"), "value", pa.nulls(found.num_rows, found["value"].type)
    )
    assert evaluate_next_titles(table, specification(), shuffled(marked)).equals(marked)
    assert evaluate_next_titles(table, specification(seed=8), marked)["value"].null_count == 0


def test_a_version_depends_on_the_order_of_titles_and_on_its_own_settings():
    table = interactions(journeys(10))
    version = of_algorithm(evaluate_next_titles(table, specification()), "markov", "mrr")[
        "model_version"
    ]
    other = [
        of_algorithm(evaluate_next_titles(rows, settings), "markov", "mrr")["model_version"]
        for rows, settings in (
            (table, specification(list_length=3)),
            (table, specification(algorithms="markov")),
            (table, specification(markov={"prior_transitions": 2})),
            (interactions(journeys(10), step_hours=2), specification()),
        )
    ]
    assert [version == own for own in other] == [True, True, False, False]


@pytest.mark.parametrize("histories", [{}, {"a": ["x"]}, {"a": ["x", "y"], "b": ["y"]}])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_hardly_anything_is_no_error(histories: dict[str, list[str]], algorithm: str):
    table = interactions(histories)
    settings = specification(**(NEURAL if algorithm == "gru" else {}))
    evaluations = evaluate_next_titles(table, settings)
    assert evaluations.schema == EVALUATION_SCHEMA
    assert set(evaluations["customer_count"].to_pylist()) <= {0}
    assert fit_next_titles(table, algorithm, settings).schema == FITTED_PARAMETER_SCHEMA
    rows = listed(table, algorithm, settings)
    assert pa.Table.from_pylist(rows, schema=NEXT_TITLE_SCHEMA).num_rows <= 2


def test_without_the_extra_a_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    plain = builtins.__import__

    def refuse(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "jax":
            raise ImportError(name)
        return plain(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ValueError, match=r"install marquee\[deep\]"):
        fit_next_titles(interactions(journeys(5)), "gru", specification(**NEURAL))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"algorithms": "markov,lstm"}, "unknown algorithms lstm"),
        ({"algorithms": "gru"}, "lacks markov"),
        ({"gru": {"dropout": 1}}, "dropout is 1.0, its maximum is 0.9"),
        ({"speed": 1}, "unknown setting speed"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        specification(**settings)
