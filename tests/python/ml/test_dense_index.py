import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.dense_index import dense_index, positions_of


@given(st.lists(st.text(alphabet="abzé10\x00😀", max_size=4)))
def test_positions_lead_back_to_the_ids_and_ids_are_sorted(values: list[str]) -> None:
    ids, positions = dense_index(pa.array(values, pa.string()))
    assert ids.to_pylist() == sorted(set(values))
    assert ids.take(pa.array(positions)).to_pylist() == values


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_every_kind_of_string_and_chunk_gives_the_same_index(kind: pa.DataType) -> None:
    chunks = [pa.array(["b", "a"]).cast(kind), pa.array(["c", "a"]).cast(kind)]
    ids, positions = dense_index(pa.chunked_array(chunks))
    assert ids.equals(pa.array(["a", "b", "c"]))
    assert positions.tolist() == [1, 0, 2, 0]


def test_a_null_id_is_refused() -> None:
    with pytest.raises(ValueError, match="1 ids are null"):
        dense_index(pa.array(["a", None]))


def test_unseen_ids_have_no_position() -> None:
    assert positions_of(pa.array(["c", "a", "z"]), pa.array(["a", "c"])).tolist() == [1, 0, -1]
