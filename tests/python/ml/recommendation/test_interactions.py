import numpy as np
import pyarrow as pa
import pytest

from marquee.ml.recommendation.interactions import index_interactions

from .cases import interaction_table, pairs, seeded_interactions, shuffled


def test_rows_are_sorted_by_id_and_values_move_with_them() -> None:
    indexed = index_interactions(
        interaction_table(
            [("2", "b", 1.5, None, 3, 4), ("10", "b", 2.0, 3.5, 1, 2), ("10", "a", 1.0, 5, 5, 6)]
        )
    )
    assert indexed.customer_ids.to_pylist() == ["10", "2"]
    assert indexed.matrix().toarray().tolist() == [[1.0, 2.0], [0.0, 1.5]]
    assert indexed.last_at.tolist() == [6_000_000, 2_000_000, 4_000_000]
    np.testing.assert_array_equal(indexed.ratings, [5.0, 3.5, np.nan])


def test_take_drops_ids_without_rows() -> None:
    indexed = index_interactions(pairs("1:ab 2:bc"))
    taken = indexed.take(np.array([False, True, True, False]))
    assert taken.title_ids.to_pylist() == ["b"]
    assert taken.customer_ids.to_pylist() == ["1", "2"]
    assert taken.matrix().toarray().tolist() == [[1.0], [1.0]]


def test_order_chunks_and_string_types_do_not_matter() -> None:
    rows = seeded_interactions()
    one, other = index_interactions(rows), index_interactions(shuffled(rows, 3))
    assert one.customer_ids.equals(other.customer_ids)
    for name in ("customer_positions", "title_positions", "weights", "ratings", "first_at"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.concat_tables([pairs("1:a"), pairs("1:a")]), "customer 1 has title a more than once"),
        (interaction_table([("1", "a", 0, None, 1, 1)]), "1 interaction weights are null or not"),
        (
            pairs("1:a").set_column(4, "first_interacted_at", pa.nulls(1, pa.timestamp("us"))),
            "1 values of first_interacted_at are null",
        ),
    ],
)
def test_invalid_rows_are_named(table: pa.Table, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        index_interactions(table)
