"""Columns of features, from Arrow: numbers with NaN where nothing is known, and categories."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
TextArray = npt.NDArray[np.str_]

MISSING_CATEGORY = ""


@dataclass(frozen=True, eq=False)
class Features:
    """Features of rows, by name in sorted order.

    Attributes:
        row_count: Rows.
        numbers: Values by feature, NaN where missing, each of shape (rows,); booleans are 0 and 1.
        categories: Values by feature, MISSING_CATEGORY where missing, each of shape (rows,).
    """

    row_count: int
    numbers: dict[str, FloatArray]
    categories: dict[str, TextArray]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all features in sorted order."""
        return tuple(sorted([*self.numbers, *self.categories]))

    def take(self, rows: BoolArray | IntArray | slice) -> "Features":
        """Picks rows by a mask, by positions or by a slice."""
        numbers = {name: values[rows] for name, values in self.numbers.items()}
        categories = {name: values[rows] for name, values in self.categories.items()}
        count = len(np.arange(self.row_count)[rows])
        return Features(count, numbers, categories)


def read_features(table: pa.Table, names: Sequence[str]) -> Features:
    """Reads columns of a table.

    Args:
        table: Rows with the columns.
        names: Columns to read: integers, decimals, floats, booleans or strings.

    Returns:
        Features of all rows.

    Raises:
        ValueError: If a column is of another type, such as a date.
    """
    numbers, categories = {}, {}
    for name in sorted(names):
        column = table[name]
        kind = column.type
        if _is_number(kind):
            numbers[name] = _numbers(column)
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            texts = column.cast(pa.string()).fill_null(MISSING_CATEGORY)
            categories[name] = np.asarray(texts.to_pylist(), dtype=np.str_)
        elif pa.types.is_null(kind):
            numbers[name] = np.full(table.num_rows, np.nan)
        else:
            raise ValueError(
                f"feature {name} is of type {kind}; features are numbers, booleans or texts: "
                "make a number of it, or name it under excluded_features"
            )
    return Features(table.num_rows, numbers, categories)


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
    )


def _numbers(column: pa.ChunkedArray) -> FloatArray:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values = column.cast(pa.float64(), safe=False)
    return np.asarray(pc.fill_null(values, np.nan).to_numpy(), dtype=np.float64)
