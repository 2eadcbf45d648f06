"""Files that appear whole or not at all, with equal bytes for equal content."""

from __future__ import annotations

import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write_bytes(path: Path, content: bytes) -> int:
    """Write a file through a hidden sibling and a rename; return its size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
    return len(content)


def parquet(table: pa.Table) -> bytes:
    """Return a table as the content of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content


def write_parquet(path: Path, table: pa.Table) -> int:
    """Write a Parquet file like `write_bytes`; return its size in bytes."""
    return write_bytes(path, parquet(table))


def gzipped(content: bytes) -> bytes:
    """Return a gzip member without name and time, so that equal content has equal bytes."""
    return zlib.compress(content, level=1, wbits=31)
