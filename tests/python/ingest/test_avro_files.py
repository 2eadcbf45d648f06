"""Avro: logical types, unions, names that changed, and no row from a damaged file."""

import datetime as dt
import io
import json
from decimal import Decimal
from uuid import UUID

import fastavro
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ingest.avro_files import AvroFile
from marquee.ingest.formats import Format
from marquee.ingest.landing import FileRejectedError, LandedFile
from tests.python.conftest import PROJECT, Deployment, project_contract

AT = dt.datetime(2026, 1, 5, 10, 0, 0, 123456, tzinfo=dt.UTC)
MICROS = {"type": "long", "logicalType": "timestamp-micros"}
DECIMAL = {"logicalType": "decimal", "precision": 12, "scale": 2}
TYPES = {
    "null": ("null", None, None),
    "boolean": ("boolean", True, True),
    "int": ("int", -7, -7),
    "double": ("double", 0.5, 0.5),
    "optional": (["long", "null"], None, None),
    "text": (["null", "string"], "é夜", "é夜"),
    "enum": ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "B", "B"),
    "bytes": ("bytes", b"\xff", b"\xff"),
    "decimal": ({"type": "bytes"} | DECIMAL, Decimal("-12345.67"), Decimal("-12345.67")),
    "fixed decimal": (
        ["null", {"type": "fixed", "name": "F", "size": 9} | DECIMAL],
        Decimal("1.05"),
        Decimal("1.05"),
    ),
    "date": ({"type": "int", "logicalType": "date"}, dt.date(1969, 1, 5), dt.date(1969, 1, 5)),
    "time-millis": ({"type": "int", "logicalType": "time-millis"}, dt.time(1, 2), dt.time(1, 2)),
    "time-micros": (
        {"type": "long", "logicalType": "time-micros"},
        dt.time(1, 2, 3, 4),
        dt.time(1, 2, 3, 4),
    ),
    "timestamp-millis": (
        {"type": "long", "logicalType": "timestamp-millis"},
        AT,
        AT.replace(microsecond=123000),
    ),
    "timestamp-micros": ({"type": "long", "logicalType": "timestamp-micros"}, AT, AT),
    "local-timestamp-micros": (
        {"type": "long", "logicalType": "local-timestamp-micros"},
        AT.replace(tzinfo=None),
        AT.replace(tzinfo=None),
    ),
    "uuid": (
        {"type": "string", "logicalType": "uuid"},
        UUID(int=5),
        "00000000-0000-0000-0000-000000000005",
    ),
    "unknown logical": ({"type": "long", "logicalType": "parsec"}, 9, 9),
    "map": ({"type": "map", "values": ["null", "long"]}, {"k": 1}, [("k", 1)]),
    "records": (
        {
            "type": "array",
            "items": {
                "type": "record",
                "name": "R",
                "fields": [
                    {"name": "x", "type": ["null", {"type": "bytes"} | DECIMAL]},
                    {"name": "y", "type": {"type": "long", "logicalType": "timestamp-micros"}},
                ],
            },
        },
        [{"x": Decimal("0.10"), "y": AT}, {"x": None, "y": AT}],
        [{"x": Decimal("0.10"), "y": AT}, {"x": None, "y": AT}],
    ),
    # What no one type holds comes as JSON.
    "union": (["null", "string", "long"], 7, "7"),
    "union of times": (
        ["null", "string", {"type": "long", "logicalType": "timestamp-micros"}],
        AT,
        '"2026-01-05T10:00:00.123456+00:00"',
    ),
    "union with decimals": (
        ["null", "string", {"type": "bytes"} | DECIMAL],
        Decimal("3.40"),
        '"3.40"',
    ),
    "union with lists": (["string", {"type": "array", "items": "double"}], [0.5], "[0.5]"),
}


def avro(schema_fields, rows, codec="deflate") -> bytes:
    schema = {"type": "record", "name": "row", "namespace": "org.example", "fields": schema_fields}
    stream = io.BytesIO()
    fastavro.writer(stream, schema, rows, codec)
    return stream.getvalue()


def opened(folder, content) -> AvroFile:
    path = folder / "x.avro"
    path.write_bytes(content)
    table = project_contract(PROJECT).table("dam", "titles")
    return AvroFile(path, LandedFile(path, "x.avro", table, Format.AVRO, None, None))


def rows_of(folder, content) -> list[dict]:
    source = opened(folder, content)
    source.write_as_parquet(source.column_names, folder / "x.parquet")
    return pq.read_table(folder / "x.parquet").to_pylist()


@pytest.mark.parametrize("name", TYPES)
def test_each_type_arrives_as_what_it_means(tmp_path, name):
    schema, value, expected = TYPES[name]
    content = avro([{"name": "a", "type": schema}], [{"a": value}])
    assert rows_of(tmp_path, content) == [{"a": expected}]


def test_a_record_that_holds_itself_comes_as_json(tmp_path):
    node = {
        "type": "record",
        "name": "Node",
        "fields": [{"name": "next", "type": ["null", "Node"]}],
    }
    value = {"next": {"next": None}}
    [row] = rows_of(tmp_path, avro([{"name": "a", "type": node}], [{"a": value}]))
    assert json.loads(row["a"]) == value


def test_a_time_that_no_calendar_has_costs_its_row_only(deployment: Deployment):
    fields = [{"name": n, "type": "string"} for n in ("customer_id", "title_id")]
    fields += [{"name": "rating_value", "type": "int"}]
    rows = [
        {"customer_id": f"c{n}", "title_id": "t1", "rating_value": 3, "rated_at": time}
        for n, time in enumerate([1_767_607_200_123_456, 2**62])
    ]
    # Written as a plain number, of which the header then says that it is a time.
    content = avro([*fields, {"name": "rated_at", "type": "long"}], rows)
    at = avro([*fields, {"name": "rated_at", "type": dict(MICROS)}], [])
    plain = avro([*fields, {"name": "rated_at", "type": "long"}], [])
    content = at[:-16] + content[len(plain) - 16 :]
    deployment.land("social/ratings/ratings.avro", content)
    [loaded] = deployment.ingest().loaded
    assert (loaded.loaded_row_count, loaded.quarantined_row_count) == (1, 1)
    assert deployment.lake_rows("social.ratings", "rating_value, rated_at") == [
        (Decimal("3.0"), dt.datetime(2026, 1, 5, 10, 0, 0, 123456))
    ]


def test_older_and_newer_writers_are_read_by_one_contract(deployment: Deployment):
    """Fields that came later, are gone, grew wider or were renamed: by name, never by place."""
    old = [
        {"name": "customer_id", "type": "string"},
        {"name": "title_id", "type": "string"},
        {"name": "rating_value", "type": "int"},
        {"name": "rated_at", "type": "string"},
    ]
    new = [
        {"name": "device", "type": ["null", "string"], "default": None},
        {"name": "rated_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "network_name", "type": "string", "default": "web"},
        {"name": "viewer_id", "aliases": ["customer_id"], "type": ["null", "string"]},
        {"name": "title_id", "type": {"type": "enum", "name": "T", "symbols": ["t1"]}},
        {"name": "rating_value", "type": {"type": "bytes"} | DECIMAL},
    ]
    deployment.land(
        "social/ratings/old.avro",
        avro(
            old,
            [{"customer_id": "c1", "title_id": "t1", "rating_value": 4, "rated_at": str(AT)}],
        ),
    )
    deployment.land(
        "social/ratings/new.avro",
        avro(
            new,
            [
                {
                    "device": "tv",
                    "viewer_id": "c2",
                    "title_id": "t1",
                    "network_name": "app",
                    "rating_value": Decimal("4.50"),
                    "rated_at": AT,
                }
            ],
        ),
    )
    report = deployment.ingest()
    assert {item.file.path.name: item.unknown_columns for item in report.loaded} == {
        "new.avro": ("device",),
        "old.avro": (),
    }
    assert "network_name" in report.loaded[1].missing_columns
    at = AT.replace(tzinfo=None)
    assert deployment.lake_rows(
        "social.ratings", "customer_id, title_id, network_name, rating_value, rated_at"
    ) == [
        ("c1", "t1", None, Decimal("4.0"), at),
        ("c2", "t1", "app", Decimal("4.5"), at.replace(microsecond=123000)),
    ]


ROWS = [{"title_id": f"t{n}", "genres": ["Drama"] * (n % 3), "year": n} for n in range(40)]
FIELDS = [
    {"name": "title_id", "type": "string"},
    {"name": "genres", "type": {"type": "array", "items": "string"}},
    {"name": "year", "type": ["null", "long"]},
]


@given(
    codec=st.sampled_from(["null", "deflate", "snappy", "zstandard"]),
    cut=st.floats(0, 1, exclude_max=True),
)
def test_a_cut_file_is_refused(tmp_path_factory, codec, cut):
    content = avro(FIELDS, ROWS, codec)
    folder = tmp_path_factory.mktemp("cut")
    length = int(cut * len(content))
    end_of_header = len(avro(FIELDS, [], codec))
    try:
        found = rows_of(folder, content[:length])
    except FileRejectedError:
        return
    # A header alone is a file without rows.
    assert length == end_of_header
    assert found == []


@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_flipped_bits_never_stop_the_run(tmp_path_factory, place, mask):
    content = bytearray(avro(FIELDS, ROWS, "null"))
    content[4 + int(place * (len(content) - 4))] ^= mask
    folder = tmp_path_factory.mktemp("flipped")
    try:
        found = rows_of(folder, bytes(content))
    except FileRejectedError:
        return
    assert len(found) <= len(ROWS)
