"""Searches what a deployment left behind for planted values, behind whatever codec they hide.

A byte search over compressed files proves nothing: each kind of file is opened as what it is, and
its texts are read as a browser, a JSON parser and a person would.
"""

import base64
import binascii
import gzip
import html
import re
import unicodedata
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

GZIP, ZSTD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
DUCKDB = b"DUCK"
"""At byte 8 of a database file."""
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
LONGEST_BASE64 = 1 << 22


def files_below(folders: Iterable[Path], without: tuple[str, ...] = ()) -> Iterator[Path]:
    """Each file once, also where it has two names."""
    seen = set()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.relative_to(folder).as_posix().startswith(without) or not path.is_file():
                continue
            if path.stat().st_ino not in seen:
                seen.add(path.stat().st_ino)
                yield path


def found_in(
    folders: Iterable[Path], pattern: re.Pattern[str], without: tuple[str, ...] = ()
) -> set[str]:
    """All matches of a pattern, which is held against texts in lower case."""
    return {
        match
        for path in files_below(folders, without)
        for text in texts(path)
        for match in pattern.findall(text)
    }


def texts(path: Path) -> Iterator[str]:
    """Everything that a file says, in lower case and NFKC."""
    yield path.name.casefold()
    content = path.read_bytes()
    if content[8:12] == DUCKDB:
        yield from map(_plain, _database_texts(path))
    elif content.startswith(PARQUET):
        yield from map(_plain, _parquet_texts(path))
    yield from _byte_texts(content)


def _byte_texts(content: bytes, depth: int = 3) -> Iterator[str]:
    raw = content.decode("utf-8", errors="replace")
    yield _plain(raw)
    for unescaped in (
        html.unescape(raw) if "&" in raw else raw,
        urllib.parse.unquote(raw) if "%" in raw else raw,
        ESCAPED.sub(lambda found: chr(int(found[1], 16)), raw) if "\\u" in raw else raw,
    ):
        if unescaped != raw:
            yield _plain(unescaped)
    if not depth:
        return
    for unpacked in (_unpacked(content), *map(_from_base64, BASE64.findall(content))):
        if unpacked:
            yield from _byte_texts(unpacked, depth - 1)


def _unpacked(content: bytes) -> bytes:
    try:
        if content.startswith(GZIP):
            return gzip.decompress(content)
        if content.startswith(ZSTD):
            return pa.CompressedInputStream(pa.BufferReader(content), "zstd").read()
        if content[:1] == b"\x78":
            return zlib.decompress(content)
    except (OSError, EOFError, zlib.error):
        pass  # it only began like that
    return b""


def _from_base64(found: bytes) -> bytes:
    """What a run of letters stands for, if that is text or compressed."""
    run = found[:LONGEST_BASE64].translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        content = base64.b64decode(run + b"=" * (-len(run) % 4))
    except binascii.Error:
        return b""
    is_text = content[:24].isascii() and content[:24].decode().isprintable()
    return content if is_text or content.startswith((GZIP, ZSTD, b"\x78")) else b""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold() if not text.isascii() else text.lower()


def _parquet_texts(path: Path) -> Iterator[str]:
    file = pq.ParquetFile(path)
    yield str(file.metadata.metadata)
    yield str(file.schema_arrow)
    for batch in file.iter_batches():
        for column in batch.columns:
            yield from _column_texts(column)


def _column_texts(column: pa.Array) -> Iterator[str]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        yield from _column_texts(column.dictionary)
    elif pa.types.is_struct(kind):
        for place in range(kind.num_fields):
            yield from _column_texts(column.field(place))
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        yield from _column_texts(column.values)
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        for value in column.to_pylist():
            if value:
                yield from _byte_texts(value)
    else:
        distinct = column.cast(pa.large_string()).unique().drop_null().to_pylist()
        yield from _byte_texts("\n".join(distinct).encode())


def _database_texts(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        for catalogue, columns in (
            ("duckdb_tables", "sql, comment"),
            ("duckdb_views", "sql, comment"),
            ("duckdb_columns", "column_name, comment, column_default"),
        ):
            rows = connection.execute(
                f"select {columns} from {catalogue}() where database_name = current_database()"
            ).fetchall()
            yield "\n".join(str(value) for row in rows for value in row)
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = current_database()"
        ).fetchall()
        for schema, table in tables:
            for batch in connection.execute(f'from "{schema}"."{table}"').to_arrow_reader():
                for column in batch.columns:
                    yield from _column_texts(column)
