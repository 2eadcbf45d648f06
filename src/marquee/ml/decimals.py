"""Decimals between Arrow and numpy as scaled integers: exact, and no Python object a row."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

ScaledIntegers = npt.NDArray[np.int64]


def round_to_scale(values: npt.ArrayLike, scale: int) -> ScaledIntegers:
    """Rounds numbers (half to even) to integers that count units of 10 to the power -scale."""
    return np.rint(np.asarray(values, dtype=np.float64) * 10.0**scale).astype(np.int64)


def decimal_array(
    scaled: ScaledIntegers,
    decimal_type: pa.Decimal128Type,
    is_null: npt.NDArray[np.bool_] | None = None,
) -> pa.Array:
    """Builds an Arrow decimal array.

    Args:
        scaled: Values in units of the type's last decimal, shape (rows,).
        decimal_type: Decimal type of at most 18 digits, so that a value fits 64 bits.
        is_null: Rows that become null, shape (rows,); none if left out.

    Returns:
        Array of `decimal_type`, shape (rows,).
    """
    # Arrow stores a decimal128 as two little-endian words; the upper repeats the sign.
    words = np.stack([scaled, scaled >> 63], axis=1).astype("<i8")
    validity = None
    if is_null is not None:
        validity = pa.py_buffer(np.packbits(~is_null, bitorder="little").tobytes())
    return pa.Array.from_buffers(
        decimal_type, len(scaled), [validity, pa.py_buffer(words.tobytes())]
    )


def scaled_integers(column: Any, decimal_type: pa.Decimal128Type) -> ScaledIntegers:
    """Reads a decimal column as integers in units of the last decimal of a type.

    Args:
        column: Arrow array or chunked array of decimals that fit `decimal_type` without loss.
        decimal_type: Decimal type of at most 18 digits.

    Returns:
        Scaled values, shape (rows,); 0 where the column is null.

    Raises:
        pyarrow.ArrowInvalid: If a value has more decimals or digits than the type.
    """
    decimals = column.cast(decimal_type)
    if isinstance(decimals, pa.ChunkedArray):
        decimals = decimals.combine_chunks()
    words = np.frombuffer(decimals.buffers()[1] or b"", dtype="<i8").reshape(-1, 2)
    lower = words[decimals.offset : decimals.offset + len(decimals), 0]
    return np.where(decimals.is_valid().to_numpy(zero_copy_only=False), lower, 0)
