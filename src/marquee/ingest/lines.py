"""The lines of a text file as an Arrow table, exactly as they came.

Where a file has faults, they are found here: only raw bytes with line numbers can tell what was
wrong, and where. The records without faults are then read as any other file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NEW_LINE = ord("\n")
RETURN = ord("\r")
FIRST_NOT_ASCII = 0x80

Bytes = npt.NDArray[np.int64]


class Lines:
    """A plain file in memory, split at its line ends; made for files with faults only."""

    def __init__(self, path: Path) -> None:
        self._content = path.read_bytes()
        start = len(BYTE_ORDER_MARK) if self._content.startswith(BYTE_ORDER_MARK) else 0
        octets = np.frombuffer(self._content, dtype=np.uint8)
        ends = np.flatnonzero(octets[start:] == NEW_LINE).astype(np.int64) + start + 1
        if octets.size > start and octets[-1] != NEW_LINE:
            ends = np.append(ends, octets.size)
        self._first = np.concatenate([[start], ends[:-1]]).astype(np.int64)[: len(ends)]
        self._end = ends

    def table(self) -> pa.Table:
        r"""One row a line.

        Returns:
            ``line_number`` (bigint, from 1), ``first_byte`` and ``end_byte`` (bigint, half open,
            the line end included), ``text`` (with its line end; bytes that are not UTF-8 show as
            ``\xnn``) and ``is_utf8``. A last line without a line end counts.
        """
        text, is_utf8 = self.texts(self._first, self._end)
        return pa.table(
            {
                "line_number": np.arange(1, len(self._end) + 1, dtype=np.int64),
                "first_byte": self._first,
                "end_byte": self._end,
                "text": text,
                "is_utf8": is_utf8,
            }
        )

    def texts(self, first: Bytes, end: Bytes) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
        """Decode byte ranges that lie one after the other.

        Returns:
            The texts, and for each whether all of it was UTF-8.
        """
        is_utf8 = np.ones(len(first), dtype=np.bool_)
        raw = self._slices(first, end)
        try:
            return raw.cast(pa.large_string()), is_utf8
        except pa.ArrowInvalid:
            pass
        # Few lines hold anything but ASCII; only these can be wrong, and are looked at one by one.
        octets = np.frombuffer(self._content, dtype=np.uint8)
        foreign = np.concatenate([[0], np.cumsum(octets >= FIRST_NOT_ASCII)])
        texts: list[Any] = raw.to_pylist()
        for place in np.flatnonzero(foreign[end] > foreign[first]):
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
        texts = self._slices(first, end)
        empty, line_end = (pa.scalar(text, pa.large_binary()) for text in (b"", b"\n"))
        lines = pc.binary_join_element_wise(texts, empty, line_end)
        with target.open("wb") as stream:
            # An Arrow buffer may be longer than what it holds.
            stream.write(memoryview(lines.buffers()[2])[: int((end - first + 1).sum())])

    def _slices(self, first: Bytes, end: Bytes) -> pa.LargeBinaryArray:
        if not len(first):
            return pa.array([], pa.large_binary())
        # The ranges and the gaps between them alternate; every second element is a range.
        bounds = np.stack([first, end], axis=1).reshape(-1)
        both = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(),
            len(bounds) - 1,
            [None, pa.py_buffer(np.ascontiguousarray(bounds)), pa.py_buffer(self._content)],
        )
        return both.take(pa.array(np.arange(0, len(both), 2, dtype=np.int64)))
