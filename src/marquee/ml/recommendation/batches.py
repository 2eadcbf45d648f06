"""Batches of rows, so that a table of scores never stands in memory as a whole."""

from collections.abc import Iterator

# 2 million scores are 16 MB, and a handful of arrays of that size are alive at a time.
_BATCH_CELLS = 2_000_000


def row_batches(row_count: int, column_count: int) -> Iterator[slice]:
    """Cuts rows (customers, or titles) into batches whose scores of all titles fit into memory."""
    size = max(1, _BATCH_CELLS // max(1, column_count))
    for start in range(0, row_count, size):
        yield slice(start, min(start + size, row_count))
