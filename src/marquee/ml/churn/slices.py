"""Parts of the test rows that are evaluated by themselves: a plan, a country, a range of tenure."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

from marquee.ml.tabular.features import BoolArray

_MISSING = "missing"


def slices_of(rows: pa.Table, slices: tuple[str, ...]) -> Iterator[tuple[str, BoolArray]]:
    """Cuts rows into slices.

    Args:
        rows: Rows with the columns of the slices.
        slices: Columns; a number with its edges, as in tenure_days:30:90.

    Yields:
        The name of a slice, such as plan_id=basic or tenure_days=30-89, and which rows are in it,
        shape (rows,); each row is in one slice of each column.

    Raises:
        ValueError: If an edge is not a whole number.
    """
    for text in slices:
        column, *edges = text.split(":")
        labels = (
            _ranges(rows[column], [int(edge) for edge in edges])
            if edges
            else np.asarray(rows[column].cast(pa.string()).fill_null(_MISSING).to_pylist())
        )
        for label in np.unique(labels):
            yield f"{column}={label}", labels == label


def _ranges(column: pa.ChunkedArray, edges: list[int]) -> np.ndarray:
    names = [f"below {edges[0]}"]
    names += [f"{low}-{high - 1}" for low, high in pairwise(edges)]
    names.append(f"{edges[-1]}+")
    values = column.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy()
    positions = np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), _MISSING, np.asarray(names)[positions])
