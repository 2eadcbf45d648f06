"""The result of a Python model, whatever its kind, as Parquet files in the staging folder."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dbt.adapters.trino_python.output_types import (
    OutputColumn,
    UnsupportedOutputError,
    output_columns,
)
from dbt.adapters.trino_python.storage import Storage

# Large enough for few row groups, small enough for memory and for parallel splits in Trino.
ROW_GROUP_ROWS = 500_000
ROW_GROUP_BYTES = 128 * 1024 * 1024
_READ_ROWS = 100_000
_DUCKDB_REMEDIES = {
    "interval": "Return a number of seconds or days instead.",
    "bit": "Cast it to VARCHAR or BLOB.",
    "time with time zone": "Cast it to TIME or VARCHAR.",
    "time_ns": "Cast it to TIME.",
    "union": "Return one column for each member.",
    "variant": "Cast it to JSON or VARCHAR.",
    "geometry": "Return its well-known text or binary.",
    "bignum": "Cast it to a DECIMAL of at most 38 digits or to VARCHAR.",
}


@dataclass(frozen=True)
class ModelResult:
    """What a Python model returned, as a stream of Arrow batches.

    Attributes:
        reader: The rows; it can be read once.
        columns: How each column is staged.
    """

    reader: pa.RecordBatchReader
    columns: list[OutputColumn]


def model_result(returned: object) -> ModelResult:
    """Turn what a Python model returned into a stream.

    Args:
        returned: DuckDBPyRelation, pyarrow Table, RecordBatch or RecordBatchReader, pandas or
            polars DataFrame, or any other object with Arrow's stream interface.

    Raises:
        UnsupportedOutputError: If it is none of these, or a column cannot be in a Trino table.
    """
    if isinstance(returned, duckdb.DuckDBPyRelation):
        uuid_columns = _check_relation(returned)
        reader = returned.to_arrow_reader(_READ_ROWS)
        return ModelResult(reader, output_columns(reader.schema, uuid_columns))
    reader = _reader(returned)
    return ModelResult(reader, output_columns(reader.schema))


def _check_relation(relation: duckdb.DuckDBPyRelation) -> frozenset[int]:
    """Refuse DuckDB types that turn into something else in Arrow; return the UUID columns."""
    uuid_columns = set()
    for position, (name, kind) in enumerate(zip(relation.columns, relation.types, strict=True)):
        if kind.id == "uuid":
            uuid_columns.add(position)
        for part in _with_parts(kind):
            if part.id in _DUCKDB_REMEDIES:
                raise UnsupportedOutputError(
                    f'Column "{name}" has DuckDB\'s type {kind}, which a Trino table cannot hold. '
                    f"{_DUCKDB_REMEDIES[part.id]}"
                )
    return frozenset(uuid_columns)


def _with_parts(kind: Any) -> Iterator[Any]:
    yield kind
    if kind.id in ("list", "struct", "map", "array"):
        for _, part in kind.children:
            if not isinstance(part, int):  # an array's children end with its length
                yield from _with_parts(part)


def _reader(returned: Any) -> pa.RecordBatchReader:
    if isinstance(returned, pa.RecordBatchReader):
        return returned
    if isinstance(returned, pa.RecordBatch):
        return pa.Table.from_batches([returned]).to_reader()
    # Neither library is needed to run: who returns its data frame has imported it.
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(returned, pandas.DataFrame):
        return _pandas_table(returned).to_reader()
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(returned, polars.LazyFrame):
        returned = returned.collect()
    if hasattr(returned, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(returned)
    raise UnsupportedOutputError(
        f"It returned an object of the type {type(returned).__module__}."
        f"{type(returned).__qualname__}. Return a DuckDBPyRelation, a pyarrow Table or "
        "RecordBatchReader, or a pandas or polars DataFrame."
    )


def _pandas_table(frame: Any) -> pa.Table:
    names = [name for name in frame.columns if not isinstance(name, str)]
    if names:
        raise UnsupportedOutputError(
            f"The pandas column {names[0]!r} has a name that is no text. Rename it, for example "
            "with df.columns = [str(name) for name in df.columns]."
        )
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise UnsupportedOutputError(
            f"A pandas column holds values that are not of one type: {'; '.join(error.args)}. "
            "Convert the column, for example with df[name].astype(str)."
        ) from error


def write_result(result: ModelResult, storage: Storage, folder: str) -> int:
    """Write a result as one Parquet file.

    Args:
        result: Is used up.
        storage: Reaches the folder.
        folder: URI of a folder that does not exist yet.

    Returns:
        Number of rows.

    Raises:
        UnsupportedOutputError: If a value does not fit the staged type. The message names the
            column and says what to do.
    """
    schema = pa.schema([(column.physical_name, column.arrow_type) for column in result.columns])
    storage.create_folder(folder)
    file_system, path = storage.resolve(f"{folder}/part-0.parquet")
    rows = 0
    with (
        file_system.open_output_stream(path) as stream,
        # Building dictionaries would cost more than it saves: the files live for seconds. Snappy
        # and not LZ4, because Trino cannot decompress every LZ4 page that pyarrow writes.
        pq.ParquetWriter(stream, schema, compression="snappy", use_dictionary=False) as writer,
    ):
        for chunk in _row_groups(result.reader):
            writer.write_table(_staged(chunk, result.columns, schema), ROW_GROUP_ROWS)
            rows += chunk.num_rows
    return rows


def _row_groups(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    batches: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in reader:
        batches.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        if rows >= ROW_GROUP_ROWS or size >= ROW_GROUP_BYTES:
            yield pa.Table.from_batches(batches)
            batches, rows, size = [], 0, 0
    if batches:
        yield pa.Table.from_batches(batches)


def _staged(chunk: pa.Table, columns: list[OutputColumn], schema: pa.Schema) -> pa.Table:
    arrays = [
        _converted(array, column) for array, column in zip(chunk.columns, columns, strict=True)
    ]
    return pa.table(arrays, schema=schema)


def _converted(array: pa.ChunkedArray, column: OutputColumn) -> pa.ChunkedArray:
    if array.type == column.arrow_type:
        return array
    try:
        if isinstance(array.type, pa.BaseExtensionType):
            array = array.cast(array.type.storage_type)
        if pa.types.is_time(array.type):
            # Text in between: the Hive connector has no time of day.
            array = array.cast(pa.time64("us"))
        elif pa.types.is_uint64(array.type):
            array = array.cast(pa.decimal128(20, 0))
        elif pa.types.is_fixed_size_binary(array.type):
            array = array.cast(pa.binary())
        return array.cast(column.arrow_type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UnsupportedOutputError(
            f'Column "{column.name}" cannot be converted from {array.type} to Trino\'s '
            f"{column.trino_type}: {error}. Round or cast the column in the model."
        ) from error
