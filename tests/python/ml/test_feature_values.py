import json
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ml.feature_values import read_feature_values, write_feature_values

TABLE = pa.table(
    {
        "plan": pa.array(['a "b"\n', None, "ü\\"], pa.string()),
        "price": pa.array([Decimal("1.2000"), None, Decimal("-0.0001")], pa.decimal128(18, 4)),
        "count": pa.array([1, -2, None], pa.int32()),
        "is_new": pa.array([True, None, False]),
        "unknown": pa.nulls(3),
        "left_out": pa.array([1.5, 2.5, 3.5]),
    }
)
NAMES = ["plan", "price", "count", "is_new", "unknown"]


def test_a_row_is_an_object_with_sorted_names() -> None:
    texts = write_feature_values(TABLE, NAMES).to_pylist()
    assert texts[1] == '{"count": -2, "is_new": null, "plan": "", "price": null, "unknown": null}'
    assert '"price": 1.2000' in texts[0]
    assert [json.loads(text)["plan"] for text in texts] == ['a "b"\n', "", "ü\\"]


def test_every_value_comes_back_with_its_digits() -> None:
    back = read_feature_values(write_feature_values(TABLE, NAMES).to_pylist())
    assert back.column_names == sorted(NAMES)
    assert back["price"].to_pylist() == TABLE["price"].to_pylist()
    assert back["price"].type.scale == 4
    assert back["count"].to_pylist() == TABLE["count"].to_pylist()
    assert back["is_new"].to_pylist() == TABLE["is_new"].to_pylist()


@given(st.lists(st.decimals(-(10**9), 10**9, places=10), min_size=1, max_size=20))
def test_no_decimal_changes(values: list[Decimal]) -> None:
    table = pa.table({"x": pa.array(values, pa.decimal128(38, 10))})
    back = read_feature_values(write_feature_values(table, ["x"]).to_pylist())["x"]
    assert back.type.scale == 10
    assert back.to_pylist() == values


def test_no_features_and_no_rows() -> None:
    assert write_feature_values(TABLE, []).to_pylist() == ["{}"] * 3
    assert write_feature_values(TABLE.slice(0, 0), NAMES).to_pylist() == []
    assert read_feature_values([]).num_rows == 0


def test_floating_point_is_refused() -> None:
    with pytest.raises(ValueError, match="left_out is of type double"):
        write_feature_values(TABLE, ["left_out"])
