"""Reader for Avro: batch by batch into Parquet, which all files with types are read from.

fastavro resolves blocks, codecs and unions. It is handed the writer's schema without the logical
types, so that a time or a decimal arrives as the number or the bytes that were written: Arrow
turns whole columns of them into values, and one that no calendar has is not the end of the file.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import shutil
import tempfile
import uuid
from collections.abc import Callable, Collection, Sequence
from decimal import Context, Decimal
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

from marquee.ingest.landing import FileRejectedError, LandedFile
from marquee.ingest.parquet_files import WRITING
from marquee.store import raise_if_store_failed

BATCH_ROWS = 20_000
MAXIMUM_PRECISION = 38
EXACT = Context(prec=1000)
DOCUMENT = pa.json_(pa.string())
"""What a union of several types becomes: its values as JSON."""

HEADER = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Header",
        "fields": [
            {"name": "magic", "type": {"type": "fixed", "name": "Magic", "size": 4}},
            {"name": "meta", "type": {"type": "map", "values": "bytes"}},
            {"name": "sync", "type": {"type": "fixed", "name": "Sync", "size": 16}},
        ],
    }
)
PLAIN = {
    "null": pa.string(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bytes": pa.binary(),
    "string": pa.string(),
}
LOGICAL = {
    ("int", "date"): pa.date32(),
    ("int", "time-millis"): pa.time32("ms"),
    ("long", "time-micros"): pa.time64("us"),
    ("long", "timestamp-millis"): pa.timestamp("ms", tz="UTC"),
    ("long", "timestamp-micros"): pa.timestamp("us", tz="UTC"),
    ("long", "timestamp-nanos"): pa.timestamp("ns", tz="UTC"),
    ("long", "local-timestamp-millis"): pa.timestamp("ms"),
    ("long", "local-timestamp-micros"): pa.timestamp("us"),
    ("long", "local-timestamp-nanos"): pa.timestamp("ns"),
}
"""A logical type that is not here says nothing: its values are those of the type below it."""
Schema = Any
"""A schema as JSON has it: a name, a list for a union, or an object."""
Convert = Callable[[Any], Any]


class _NeedsDocumentError(Exception):
    """Arrow has no type for all values of a schema."""


class AvroFile:
    """An Avro file; its columns are named as the contract names them.

    A field may say in ``aliases`` how it was called before: where the contract knows only the old
    name, it is read under that one.
    """

    def __init__(self, path: Path, file: LandedFile) -> None:
        """Read the header.

        Raises:
            FileRejectedError: if there is no usable one.
        """
        self._path = path
        self._file = file
        try:
            with path.open("rb") as stream:
                header: Any = fastavro.schemaless_reader(stream, HEADER, None)
                self._start = stream.tell()
            self._written_schema = header["meta"]["avro.schema"]
            written = json.loads(self._written_schema)
            self._named: dict[str, Schema] = {}
            parsed: Any = fastavro.parse_schema(written, self._named)
            if not isinstance(parsed, dict) or parsed["type"] != "record":
                raise ValueError("its schema is no record")
            self._fields = _by_name(parsed["fields"], file.table.landed_names)
            self._types = {name: self._column_type(field) for name, field in self._fields.items()}
        # A damaged file makes fastavro raise errors of any kind: it trusts lengths and schema.
        except Exception as error:
            raise_if_store_failed(error)
            raise FileRejectedError(
                file.name, f"not a readable Avro file ({file.told(error)}). Write it anew."
            ) from error
        documents = {
            self._fields[name]["name"]
            for name, (kind, _) in self._types.items()
            if kind == DOCUMENT
        }
        for field in written["fields"]:
            if field["name"] not in documents:
                field["type"] = _without_logical_types(field["type"])
        header["meta"]["avro.schema"] = json.dumps(written).encode()
        self._header = header

    @property
    def column_names(self) -> list[str]:
        """In the file's order."""
        return list(self._fields)

    def write_as_parquet(self, wanted: Sequence[str], target: Path) -> None:
        """Write some columns as Parquet; a batch of rows at a time is in memory.

        Raises:
            FileRejectedError: if the file ends early or is damaged.
        """
        schema = pa.schema([pa.field(name, self._types[name][0]) for name in wanted])
        columns = [(self._fields[name]["name"], *self._types[name]) for name in wanted]
        try:
            with (
                self._path.open("rb") as stream,
                pq.ParquetWriter(target, schema, **WRITING) as sink,
            ):
                rows: Any = iter(fastavro.reader(self._with_own_header(stream)))
                while batch := list(islice(rows, BATCH_ROWS)):
                    arrays = [_array([row[name] for row in batch], *how) for name, *how in columns]
                    sink.write_batch(pa.record_batch(arrays, schema=schema))
        except Exception as error:
            raise_if_store_failed(error)
            raise FileRejectedError(
                self._file.name,
                f"it can't be read to its end ({self._file.told(error)}). Upload it again.",
            ) from error

    def write_without(self, row_numbers: Collection[int], target: Path) -> None:
        """Write the file without some rows, which are numbered from 1; schema and codec stay."""
        meta = self._header["meta"]
        codec = meta.get("avro.codec", b"null").decode()
        schema = json.loads(meta["avro.schema"])
        with self._path.open("rb") as stream, tempfile.TemporaryFile(dir=target.parent) as written:
            rows: Any = enumerate(fastavro.reader(self._with_own_header(stream)), start=1)
            kept = (row for number, row in rows if number not in row_numbers)
            fastavro.writer(written, schema, kept, codec, sync_marker=self._header["sync"])
            written.seek(0)
            fastavro.schemaless_reader(written, HEADER, None)
            with target.open("wb") as sink:
                # The schema as it was, with its logical types: rows were read without them.
                original = self._header | {"meta": meta | {"avro.schema": self._written_schema}}
                fastavro.schemaless_writer(sink, HEADER, original)
                shutil.copyfileobj(written, sink)

    def _column_type(self, field: Schema) -> tuple[pa.DataType, Convert | None]:
        try:
            return _arrow_type(field["type"], self._named)
        except (_NeedsDocumentError, RecursionError):
            return DOCUMENT, _as_json

    def _with_own_header(self, stream: BinaryIO) -> BinaryIO:
        head = io.BytesIO()
        fastavro.schemaless_writer(head, HEADER, self._header)
        stream.seek(self._start)
        length = self._path.stat().st_size - self._start
        return cast(BinaryIO, _Joined(head.getvalue(), stream, length))


class _Joined:
    """Some bytes, then the rest of a stream."""

    def __init__(self, head: bytes, rest: BinaryIO, length: int) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest
        self._left = length

    def read(self, size: int) -> bytes:
        """Fewer bytes than ``size`` only at the end, however damaged ``size`` may be."""
        first = self._head.read(size)
        second = self._rest.read(min(size - len(first), self._left))
        self._left -= len(second)
        return first + second


def _by_name(fields: Sequence[Schema], known: Sequence[str]) -> dict[str, Schema]:
    """The fields by the name that the contract has for them, in the file's order."""
    own = {field["name"] for field in fields}
    found = {}
    for field in fields:
        name = field["name"]
        if name not in known:
            earlier = (old for old in field.get("aliases", ()) if old in known and old not in own)
            name = next(earlier, name)
        if name in found:
            raise ValueError(f"two of its fields are {name}")
        found[name] = field
    return found


def _without_logical_types(schema: Schema) -> Schema:
    if isinstance(schema, list):
        return [_without_logical_types(branch) for branch in schema]
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if key != "logicalType"}
        for key in ("type", "items", "values"):
            if key in kept:
                kept[key] = _without_logical_types(kept[key])
        for field in kept.get("fields", ()):
            field["type"] = _without_logical_types(field["type"])
        return kept
    return schema


def _arrow_type(schema: Schema, named: dict[str, Schema]) -> tuple[pa.DataType, Convert | None]:
    """Type of a schema's values, and what to do with each before Arrow takes it.

    Raises:
        _NeedsDocumentError: if a union has several types, or a record no fields.
        RecursionError: if a record holds itself.
    """
    if isinstance(schema, list):
        branches = [branch for branch in schema if branch != "null"]
        if len(branches) > 1:
            raise _NeedsDocumentError
        return _arrow_type(branches[0] if branches else "null", named)
    if isinstance(schema, str):
        return (PLAIN[schema], None) if schema in PLAIN else _arrow_type(named[schema], named)
    kind, logical = schema["type"], schema.get("logicalType")
    match kind:
        case "array":
            element, convert = _arrow_type(schema["items"], named)
            return pa.list_(element), convert and _each(convert)
        case "map":
            value, convert = _arrow_type(schema["values"], named)
            return pa.map_(pa.string(), value), _pairs(convert)
        case "record" | "error":
            return _struct(schema["fields"], named)
        case "enum":
            return pa.string(), None
        case "bytes" | "fixed" if logical == "decimal":
            return _decimal(schema.get("scale", 0))
        case "fixed" if logical == "uuid":
            return pa.string(), lambda value: str(uuid.UUID(bytes=value))
        case "fixed":
            return pa.binary(), None
        case str() if (kind, logical) in LOGICAL:
            return LOGICAL[kind, logical], None
    return _arrow_type(kind, named)


def _struct(
    fields: Sequence[Schema], named: dict[str, Schema]
) -> tuple[pa.DataType, Convert | None]:
    if not fields:
        raise _NeedsDocumentError
    types = {field["name"]: _arrow_type(field["type"], named) for field in fields}
    converts = {name: convert for name, (_, convert) in types.items() if convert}

    def convert_fields(value: dict[str, Any]) -> dict[str, Any]:
        made = {name: _if_given(convert, value[name]) for name, convert in converts.items()}
        return value | made

    struct = pa.struct([(name, kind) for name, (kind, _) in types.items()])
    return struct, convert_fields if converts else None


def _decimal(scale: int) -> tuple[pa.DataType, Convert]:
    def number(value: bytes | Decimal) -> Decimal:
        # A named type that stands first in a union of several keeps its logical type.
        if isinstance(value, Decimal):
            return value
        return EXACT.scaleb(Decimal(int.from_bytes(value, "big", signed=True)), -scale)

    # As wide as there is: the contract judges whether a number fits, row by row.
    if scale <= MAXIMUM_PRECISION:
        return pa.decimal128(MAXIMUM_PRECISION, scale), number
    return pa.string(), lambda value: f"{number(value):f}"


def _each(convert: Convert) -> Convert:
    return lambda values: [_if_given(convert, value) for value in values]


def _pairs(convert: Convert | None) -> Convert:
    if convert is None:
        return lambda values: list(values.items())
    return lambda values: [(key, _if_given(convert, value)) for key, value in values.items()]


def _if_given(convert: Convert, value: Any) -> Any:
    return None if value is None else convert(value)


def _array(values: list[Any], kind: pa.DataType, convert: Convert | None) -> pa.Array:
    if convert:
        values = [None if value is None else convert(value) for value in values]
    if kind == DOCUMENT:
        return pa.ExtensionArray.from_storage(DOCUMENT, pa.array(values, pa.string()))
    return pa.array(values, kind)


def _as_json(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    """A value as JSON has it: times in ISO 8601, numbers that JSON lacks and bytes as texts."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case uuid.UUID():
            return str(value)
        case bytes():
            return value.decode("latin-1")
    return value
