"""A landed file without some of its records, in its own format."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Protocol

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from marquee.engine import one_row
from marquee.ingest import csv_files, json_lines
from marquee.ingest.avro_files import AvroFile
from marquee.ingest.formats import Compression, Format
from marquee.ingest.lake import publish_file
from marquee.ingest.landing import COPY_BYTES, FileRejectedError, LandedFile
from marquee.ingest.lines import Lines
from marquee.ingest.orc_files import OrcFile
from marquee.ingest.reading import FAULTY, GOOD
from marquee.ingest.sequence_files import SequenceFile
from marquee.log import LOG


class _Sink(Protocol):
    def write(self, content: bytes, /) -> int: ...


def rewrite_without(
    connection: duckdb.DuckDBPyConnection,
    file: LandedFile,
    row_numbers: Collection[int],
    folder: Path,
) -> Path:
    """Write what is left of a file beside it, under a name that ingestion passes over.

    All other records stay as they are, byte for byte in texts.

    Args:
        connection: where `read_file` left the relations of this file.
        file: what landed.
        row_numbers: records to leave out, as `read_file` numbers them.
        folder: for what is needed meanwhile; removed by the caller.

    Returns:
        The new file, for `replace_landed`.

    Raises:
        FileRejectedError: if its records can't be told apart in the way that they were read.
    """
    target = file.path.with_name(f".{file.path.name}.rewritten")
    match file.format:
        case Format.AVRO:
            AvroFile(file.path, file).write_without(row_numbers, target)
        case Format.ORC:
            OrcFile(file.path, file).write_without(row_numbers, target)
        case Format.PARQUET:
            _rewrite_parquet(file, row_numbers, target)
        case Format.SEQUENCE_FILE:
            with SequenceFile(file.path, file) as source:
                source.write_without(row_numbers, target)
        case Format.CSV | Format.JSON_LINES:
            _rewrite_text(connection, file, row_numbers, folder, target)
    shutil.copymode(file.path, target)
    return target


def replace_landed(file: LandedFile, rewritten: Path) -> None:
    """Put a rewritten file in the place of what landed."""
    LOG.info("rewriting %s", file.name)
    if file.origin:
        publish_file(rewritten, file.origin)
    else:
        # Not where a link stands, but where what it names stands: there the records are.
        rewritten.replace(file.path.resolve())
    LOG.info("rewrote %s", file.name)


def _rewrite_text(
    connection: duckdb.DuckDBPyConnection,
    file: LandedFile,
    row_numbers: Collection[int],
    folder: Path,
    target: Path,
) -> None:
    folder.mkdir(exist_ok=True)
    path = file.plain_copy(folder)
    lines = Lines(path).load(connection)
    if file.format is Format.JSON_LINES:
        query = json_lines.records(lines)
    else:
        query = csv_files.records(len(csv_files.header(path, file.name)), lines)
    records = connection.execute(
        f"select row_number, first_byte, end_byte from ({query}) where row_number > 0 "
        "order by row_number"
    ).fetchnumpy()
    connection.execute(f"drop table {lines}")
    read = one_row(
        connection, f"select (select count(*) from {GOOD}) + (select count(*) from {FAULTY})"
    )
    if read != (len(records["row_number"]),):
        raise FileRejectedError(
            file.name,
            f"it holds forgotten customers, and {read[0]} records were read where "
            f"{len(records['row_number'])} stand, so none can be taken out safely. Remove them.",
        )
    is_left_out = np.isin(records["row_number"], np.array(sorted(row_numbers)))
    place = 0
    with (
        path.open("rb") as source,
        target.open("wb") as plain,
        _compressed(file, plain) as stream,
    ):
        for first, end in zip(
            records["first_byte"][is_left_out], records["end_byte"][is_left_out], strict=True
        ):
            _copy(source, stream, first - place)
            source.seek(end)
            place = end
        shutil.copyfileobj(source, stream, COPY_BYTES)


def _compressed(file: LandedFile, plain: IO[bytes]) -> AbstractContextManager[_Sink]:
    if file.compression is Compression.GZIP:
        # Neither a name nor a time: copies of one file become copies of one file again.
        return gzip.GzipFile("", "wb", fileobj=plain, mtime=0)
    if file.compression is Compression.ZSTD:
        stream: AbstractContextManager[_Sink] = pa.CompressedOutputStream(plain, "zstd")
        return stream
    return nullcontext(plain)


def _copy(source: IO[bytes], sink: _Sink, count: int) -> None:
    while count:
        block = source.read(min(int(count), COPY_BYTES))
        sink.write(block)
        count -= len(block)


def _rewrite_parquet(file: LandedFile, row_numbers: Collection[int], target: Path) -> None:
    left_out = np.array(sorted(row_numbers)) - 1
    with pq.ParquetFile(file.path) as source:
        compression = source.metadata.row_group(0).column(0).compression
        with pq.ParquetWriter(target, source.schema_arrow, compression=compression) as sink:
            first = 0
            for batch in source.iter_batches():
                places = np.arange(first, first + batch.num_rows)
                kept = batch.filter(pa.array(~np.isin(places, left_out)))
                sink.write_batch(kept)
                first += batch.num_rows
