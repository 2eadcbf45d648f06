"""The lines of a text file as an Arrow table, exactly as they came.

The precise readers start here: only raw bytes with line numbers can tell what was wrong, and where.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NEW_LINE = ord("\n")


def lines_of(path: Path) -> pa.Table:
    """Split a plain file at its line ends.

    The whole file is held in memory; this runs for files with faults only.

    Returns:
        ``line_number`` (bigint, from 1) and ``line`` (blob, without its line end or a byte order
        mark), one row a line; a last line without a line end counts.
    """
    content = path.read_bytes()
    start = len(BYTE_ORDER_MARK) if content.startswith(BYTE_ORDER_MARK) else 0
    body = memoryview(content)[start:]
    octets = np.frombuffer(body, dtype=np.uint8)
    ends = np.flatnonzero(octets == NEW_LINE).astype(np.int64)
    if octets.size and octets[-1] != NEW_LINE:
        ends = np.append(ends, octets.size)
    # Offsets run from line start to line start, so each slice still ends in its "\n", which is
    # trimmed in SQL. A "\r" before it stays: inside quotes it belongs to the value.
    offsets = np.concatenate([[0], np.minimum(ends + 1, octets.size)]).astype(np.int64)
    lines = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(body)]
    )
    numbers = pa.array(np.arange(1, len(ends) + 1, dtype=np.int64))
    return pa.table({"line_number": numbers, "line": lines})


DECODED = r"""
    select
        line_number,
        rtrim(
            coalesce(
                try(decode(line)),
                replace(replace(replace(
                    cast(line as varchar), '\x22', '"'), '\x27', chr(39)), '\x0A', '')
            ),
            chr(10)
        ) as text,
        try(decode(line)) is not null as is_utf8
    from {lines}
"""
"""Decoded lines; bytes that are not UTF-8 show as ``\\xNN``."""
