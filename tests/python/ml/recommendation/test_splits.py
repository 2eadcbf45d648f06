import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.recommendation.interactions import index_interactions
from marquee.ml.recommendation.specification import RecommenderSpecification
from marquee.ml.recommendation.splits import split_interactions

from .cases import Row, interaction_table, pairs, seeded_interactions, shuffled

DEFAULTS = RecommenderSpecification()


def test_the_last_fifth_of_each_customer_is_held_back() -> None:
    indexed = index_interactions(pairs("1:abcdefghij 2:abcd 3:edcba"))
    split = split_interactions(indexed, "customer_time", DEFAULTS)
    titles = np.array(indexed.title_ids.to_pylist())[indexed.title_positions]
    tested = list(
        zip(indexed.customer_positions[split.is_test], titles[split.is_test], strict=True)
    )
    assert tested == [(0, "i"), (0, "j"), (2, "a")]
    assert split.is_train.sum() == 19 - 3
    assert split.is_evaluated.tolist() == [True, False, True]


def test_a_row_on_both_sides_of_the_cutoff_is_masked() -> None:
    rows: list[Row] = [("1", title, 1.0, None, at, at) for at, title in enumerate("abcd")]
    rows += [("1", "e", 1.0, None, 0, 9), ("1", "f", 1.0, None, 8, 8)]
    indexed = index_interactions(interaction_table(rows))
    split = split_interactions(indexed, "customer_time", DEFAULTS)
    # The last fifth of six rows is e, at second 9; f ended before, e began before.
    assert split.is_train.tolist() == [True] * 4 + [False, True]
    assert split.is_masked.tolist() == [False] * 4 + [True, False]
    assert not split.is_test.any()
    assert not split.is_evaluated.any()


def test_one_date_cuts_all_customers_at_once() -> None:
    indexed = index_interactions(pairs("1:abcdefgh 2:ab"))
    split = split_interactions(indexed, "date", DEFAULTS)
    assert indexed.last_at[split.is_test].tolist() == [6_000_000, 7_000_000]
    assert split.is_evaluated.tolist() == [True, False]


@pytest.mark.parametrize(("minimum", "name"), [(3, "date"), (4, "customer_time")])
def test_auto_takes_one_date_if_enough_customers_allow_it(minimum: int, name: str) -> None:
    indexed = index_interactions(pairs("1:abcdefgh 2:abcdefgh 3:abcdefgh 4:ab"))
    specification = RecommenderSpecification(minimum_date_split_customers=minimum)
    assert split_interactions(indexed, "auto", specification).name == name


def test_the_random_share_is_near_what_was_asked_and_follows_the_seed() -> None:
    indexed = index_interactions(seeded_interactions(200))
    split = split_interactions(indexed, "random", DEFAULTS)
    assert abs(split.is_test.mean() - 0.2) < 0.03
    again = split_interactions(
        index_interactions(shuffled(seeded_interactions(200), 5)), "random", DEFAULTS
    )
    np.testing.assert_array_equal(split.is_test, again.is_test)
    other = split_interactions(indexed, "random", RecommenderSpecification(seed=8))
    assert (split.is_test != other.is_test).any()


@given(st.integers(0, 20), st.sampled_from(["date", "customer_time"]), st.floats(0.1, 0.9))
def test_no_training_row_sees_anything_at_or_after_the_cutoff(
    seed: int, name: str, test_share: float
) -> None:
    indexed = index_interactions(seeded_interactions(12, 12, seed))
    specification = RecommenderSpecification(test_share=test_share)
    split = split_interactions(indexed, name, specification)
    sides = np.stack([split.is_train, split.is_test, split.is_masked])
    assert (sides.sum(axis=0) == 1).all()
    groups = indexed.customer_positions if name == "customer_time" else np.zeros(len(indexed), int)
    for group in np.unique(groups):
        train, test = split.is_train & (groups == group), split.is_test & (groups == group)
        if train.any() and test.any():
            assert indexed.last_at[train].max() < indexed.first_at[test].min()


@pytest.mark.parametrize("name", ["auto", "date", "customer_time", "random"])
def test_no_rows_and_one_row_can_be_split(name: str) -> None:
    for text in ("", "1:a"):
        split = split_interactions(index_interactions(pairs(text)), name, DEFAULTS)
        assert not split.is_evaluated.any()
