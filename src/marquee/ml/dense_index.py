"""Ids as dense positions, in the sorted order of the ids.

An index by first appearance would make a model depend on the order of its input rows.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Positions = npt.NDArray[np.int64]


def string_array(column: Any) -> pa.StringArray:
    """Gives a column (string, large_string or dictionary, any chunking) as one string array."""
    decoded = column.cast(pa.string())
    return decoded.combine_chunks() if isinstance(decoded, pa.ChunkedArray) else decoded


def dense_index(column: Any) -> tuple[pa.StringArray, Positions]:
    """Indexes a column of ids.

    Args:
        column: Arrow array or chunked array of ids, shape (rows,); string, large_string or
            dictionary.

    Returns:
        The distinct ids in UTF-8 byte order, shape (ids,), and each row's position in them,
        shape (rows,).

    Raises:
        ValueError: If an id is null.
    """
    ids = string_array(column)
    if ids.null_count:
        raise ValueError(f"{ids.null_count} ids are null; filter rows without an id beforehand")
    encoded = ids.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary)
    positions = np.empty(len(order), dtype=np.int64)
    positions[order.to_numpy()] = np.arange(len(order))
    return encoded.dictionary.take(order), positions[encoded.indices.to_numpy()]


def positions_of(values: Any, ids: pa.StringArray) -> Positions:
    """Finds values among indexed ids.

    Args:
        values: Arrow array of ids, shape (rows,).
        ids: Distinct ids, as `dense_index` gives them.

    Returns:
        Positions in `ids`, shape (rows,); -1 where an id is not among them.
    """
    found = pc.index_in(string_array(values), value_set=ids)
    return np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
