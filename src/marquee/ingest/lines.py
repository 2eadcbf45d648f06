"""The lines of a text file as an Arrow table, exactly as they came.

Where a file has faults, they are found here: only raw bytes with line numbers can tell what was
wrong, and where. The records without faults are then read as any other file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NEW_LINE = ord("\n")
RETURN = ord("\r")
FIRST_NOT_ASCII = 0x80
BLOCK_BYTES = 1 << 26
BLOCK_RANGES = 1 << 20
"""What is looked at byte by byte, and text by text, at a time."""

TABLE = "landed_lines"
LINES = pa.schema(
    [
        ("line_number", pa.int64()),
        ("first_byte", pa.int64()),
        ("end_byte", pa.int64()),
        ("text", pa.large_string()),
        ("is_utf8", pa.bool_()),
    ]
)
Bytes = npt.NDArray[np.int64]


class Lines:
    """A plain file, split at its line ends; made for files with faults only.

    The file stays where it is and is mapped: in memory are two numbers a line, and what is asked
    for.
    """

    def __init__(self, path: Path) -> None:
        # An empty file can't be mapped.
        is_empty = path.stat().st_size == 0
        self._content = pa.py_buffer(b"") if is_empty else pa.memory_map(str(path)).read_buffer()
        octets = np.frombuffer(self._content, dtype=np.uint8)
        has_mark = octets[: len(BYTE_ORDER_MARK)].tobytes() == BYTE_ORDER_MARK
        start = len(BYTE_ORDER_MARK) if has_mark else 0
        blocks = [np.empty(0, dtype=np.int64)]
        for place in range(start, octets.size, BLOCK_BYTES):
            found = np.flatnonzero(octets[place : place + BLOCK_BYTES] == NEW_LINE)
            blocks.append(found.astype(np.int64) + place + 1)
        ends = np.concatenate(blocks)
        if octets.size > start and octets[-1] != NEW_LINE:
            ends = np.append(ends, octets.size)
        self._first = np.concatenate([[start], ends[:-1]]).astype(np.int64)[: len(ends)]
        self._end = ends

    def reader(self) -> pa.RecordBatchReader:
        r"""One row a line, to be read once; a block of lines at a time is in memory.

        Returns:
            ``line_number`` (bigint, from 1), ``first_byte`` and ``end_byte`` (bigint, half open,
            the line end included), ``text`` (with its line end; bytes that are not UTF-8 show as
            ``\xnn``) and ``is_utf8``. A last line without a line end counts.
        """
        return pa.RecordBatchReader.from_batches(LINES, self._blocks())

    def _blocks(self) -> Iterator[pa.RecordBatch]:
        for place in range(0, len(self._first), BLOCK_RANGES):
            first = self._first[place : place + BLOCK_RANGES]
            end = self._end[place : place + BLOCK_RANGES]
            text, is_utf8 = self._decoded(first, end)
            numbers = np.arange(place + 1, place + 1 + len(first), dtype=np.int64)
            yield pa.record_batch([numbers, first, end, text, is_utf8], schema=LINES)

    def load(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Make a temporary table of the lines, which the engine spills where Arrow would hold it.

        Returns:
            Its name; whoever asks for it drops it.
        """
        connection.register("lines_read", self.reader())
        connection.execute(f"create or replace temp table {TABLE} as from lines_read")
        connection.unregister("lines_read")
        return TABLE

    def texts(self, first: Bytes, end: Bytes) -> tuple[pa.ChunkedArray, npt.NDArray[np.bool_]]:
        """Decode byte ranges that lie one after the other.

        Returns:
            The texts, and for each whether all of it was UTF-8.
        """
        texts, is_utf8 = [], [np.empty(0, dtype=np.bool_)]
        for place in range(0, len(first), BLOCK_RANGES):
            block = slice(place, place + BLOCK_RANGES)
            decoded, is_sound = self._decoded(first[block], end[block])
            texts.append(decoded)
            is_utf8.append(is_sound)
        return pa.chunked_array(texts, pa.large_string()), np.concatenate(is_utf8)

    def _decoded(self, first: Bytes, end: Bytes) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
        is_utf8 = np.ones(len(first), dtype=np.bool_)
        raw = self._slices(first, end)
        try:
            return raw.cast(pa.large_string()), is_utf8
        except pa.ArrowInvalid:
            pass
        # Few lines hold anything but ASCII; only these can be wrong, and are looked at one by one.
        octets = np.frombuffer(self._content, dtype=np.uint8)[first[0] : end[-1]]
        foreign = np.concatenate([[0], np.cumsum(octets >= FIRST_NOT_ASCII)])
        texts: list[Any] = raw.to_pylist()
        for place in np.flatnonzero(foreign[end - first[0]] > foreign[first - first[0]]):
            try:
                texts[place].decode()
            except UnicodeDecodeError:
                texts[place] = texts[place].decode(errors="backslashreplace").encode()
                is_utf8[place] = False
        return pa.array(texts, pa.large_binary()).cast(pa.large_string()), is_utf8

    def write(self, target: Path, first: Bytes, end: Bytes) -> None:
        """Write byte ranges, in their order, each ended by LF: DuckDB wants one line end."""
        octets = np.frombuffer(self._content, dtype=np.uint8)
        for octet in (NEW_LINE, RETURN):
            end = end - (octets[end - 1] == octet)
        empty, line_end = (pa.scalar(text, pa.large_binary()) for text in (b"", b"\n"))
        with target.open("wb") as stream:
            for place in range(0, len(first), BLOCK_RANGES):
                block = slice(place, place + BLOCK_RANGES)
                texts = self._slices(first[block], end[block])
                lines = pc.binary_join_element_wise(texts, empty, line_end)
                # An Arrow buffer may be longer than what it holds.
                length = int((end[block] - first[block] + 1).sum())
                stream.write(memoryview(lines.buffers()[2])[:length])

    def _slices(self, first: Bytes, end: Bytes) -> pa.LargeBinaryArray:
        if not len(first):
            return pa.array([], pa.large_binary())
        # The ranges and the gaps between them alternate; every second element is a range.
        bounds = np.stack([first, end], axis=1).reshape(-1)
        both = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(),
            len(bounds) - 1,
            [None, pa.py_buffer(np.ascontiguousarray(bounds)), self._content],
        )
        return both.take(pa.array(np.arange(0, len(both), 2, dtype=np.int64)))
