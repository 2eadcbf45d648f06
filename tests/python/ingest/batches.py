"""One batch of typed rows, written in every format that lands."""

import csv
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from marquee.contract import Table
from marquee.engine import connect
from marquee.ingest.landing import LandedFile, landed_files
from marquee.ingest.reading import GOOD, ROW_NUMBER, read_file
from tests.python.conftest import NOW, Deployment
from tests.python.ingest.sequence_writer import sequence_file

AVRO_TYPES = {
    pa.bool_(): "boolean",
    pa.int32(): "int",
    pa.int64(): "long",
    pa.string(): "string",
    pa.date32(): {"type": "int", "logicalType": "date"},
    pa.timestamp("us"): {"type": "long", "logicalType": "timestamp-micros"},
}
HIVE_NULL = "\\N"


def files_of(deployment: Deployment, table: Table) -> list[LandedFile]:
    """What landed of a table, in order of the names."""
    root, contract = deployment.paths.landing, deployment.lake.contract
    return [file for file in landed_files(root, contract, NOW.date()) if file.table == table]


def sound_rows(file: LandedFile) -> pa.Table:
    """The rows of a landed file that fit the contract, in its types, lists as lists."""
    with connect() as connection, tempfile.TemporaryDirectory() as folder:
        read_file(connection, file, Path(folder), NOW)
        return connection.execute(
            f"select * exclude ({ROW_NUMBER}) from {GOOD} order by {ROW_NUMBER}"
        ).to_arrow_table()


def as_csv(batch: pa.Table, separators: dict[str, str] | None = None) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(batch.column_names)
    for row in batch.to_pylist():
        writer.writerow(_field(value, (separators or {}).get(name)) for name, value in row.items())
    return stream.getvalue().encode()


def as_json_lines(batch: pa.Table) -> bytes:
    return b"".join(line + b"\n" for line in _objects(batch))


def as_parquet(batch: pa.Table, **options) -> bytes:
    stream = io.BytesIO()
    pq.write_table(batch, stream, **options)
    return stream.getvalue()


def as_orc(batch: pa.Table, compression: str = "zlib") -> bytes:
    stream = io.BytesIO()
    orc.write_table(batch, stream, compression=compression)
    return stream.getvalue()


def as_avro(batch: pa.Table, codec: str = "deflate") -> bytes:
    schema = {"type": "record", "name": "row", "fields": _avro_fields(batch.schema, "row")}
    stream = io.BytesIO()
    fastavro.writer(stream, schema, batch.to_pylist(), codec)
    return stream.getvalue()


def as_sequence_file(batch: pa.Table, **layout) -> bytes:
    """Values are JSON objects."""
    return sequence_file(_objects(batch), **layout)


def as_hive_rows(batch: pa.Table, table: Table) -> bytes:
    """A sequence file of text rows, as Hive and Trino write them."""
    rows = (
        "\x01".join(_hive_text(row.get(name)) for name in table.landed_names).encode()
        for row in batch.to_pylist()
    )
    return sequence_file(rows, "SnappyCodec", by_block=True)


def writers(table: Table) -> dict[str, tuple[str, Callable[[pa.Table], bytes]]]:
    """For each format its suffix, and what writes it; sequence files hold JSON or rows of Hive."""
    separators = {item.name: item.separator for item in table.lists if not item.has_objects}
    return {
        "csv": (".csv", lambda batch: as_csv(batch, separators)),
        "json_lines": (".jsonl", as_json_lines),
        "parquet": (".parquet", as_parquet),
        "avro": (".avro", as_avro),
        "orc": (".orc", as_orc),
        "sequence_file": (".seq", as_sequence_file),
        "hive_rows": (".seq", lambda batch: as_hive_rows(batch, table)),
    }


def _objects(batch: pa.Table) -> list[bytes]:
    return [json.dumps(row, default=str, ensure_ascii=False).encode() for row in batch.to_pylist()]


def _field(value: object, separator: str | None) -> object:
    if isinstance(value, list):
        return separator.join(value) if separator else json.dumps(value, default=str)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value


def _hive_text(value: object, depth: int = 1) -> str:
    if isinstance(value, list):
        return chr(depth + 1).join(_hive_text(element, depth + 1) for element in value)
    if isinstance(value, dict):
        return chr(depth + 1).join(_hive_text(member, depth + 1) for member in value.values())
    if isinstance(value, bool):
        return str(value).lower()
    return HIVE_NULL if value is None else str(value)


def _avro_fields(fields, prefix: str) -> list[dict]:
    return [
        {"name": field.name, "type": ["null", _avro_type(field.type, f"{prefix}_{field.name}")]}
        for field in fields
    ]


def _avro_type(kind: pa.DataType, name: str):
    if pa.types.is_list(kind):
        return {"type": "array", "items": ["null", _avro_type(kind.value_type, name)]}
    if pa.types.is_struct(kind):
        return {"type": "record", "name": name, "fields": _avro_fields(kind, name)}
    if pa.types.is_decimal(kind):
        decimal = {"logicalType": "decimal", "precision": kind.precision, "scale": kind.scale}
        return {"type": "bytes"} | decimal
    return AVRO_TYPES[kind]
