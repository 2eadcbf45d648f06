from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.decimals import decimal_array, round_to_scale, scaled_integers

TYPE = pa.decimal128(18, 12)


@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1)))
def test_decimals_come_back_unchanged(scaled: list[int]) -> None:
    array = decimal_array(np.array(scaled, dtype=np.int64), TYPE)
    assert array.to_pylist() == [Decimal(value).scaleb(-12) for value in scaled]
    assert scaled_integers(array, TYPE).tolist() == scaled


def test_nulls_are_written_as_null_and_read_as_zero() -> None:
    is_null = np.array([False, True] + [False] * 8)
    array = decimal_array(np.full(10, 5, dtype=np.int64), TYPE, is_null)
    array.validate(full=True)
    assert array.null_count == 1
    assert scaled_integers(array, TYPE).tolist() == [5, 0] + [5] * 8


def test_slices_and_other_types_are_read() -> None:
    column = pa.array([Decimal("9.5"), Decimal("1.5"), Decimal("2.0")], pa.decimal128(3, 1))
    assert scaled_integers(column[1:], pa.decimal128(12, 4)).tolist() == [15000, 20000]
    chunked = pa.chunked_array([column[:1], column[2:]])
    assert scaled_integers(chunked, pa.decimal128(12, 4)).tolist() == [95000, 20000]


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(pa.ArrowInvalid):
        scaled_integers(pa.array([Decimal("1.55")]), pa.decimal128(3, 1))


def test_halves_round_to_even() -> None:
    assert round_to_scale([0.125, 0.375, -0.125], 2).tolist() == [12, 38, -12]
