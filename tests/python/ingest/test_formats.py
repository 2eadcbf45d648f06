"""One batch in every format and encoding gives one and the same lake table."""

import csv
import gzip
import io
import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.contract import load_contract
from tests.python.conftest import PROJECT, Deployment, deployment_in
from tests.python.ingest import batches
from tests.python.ingest.sequence_writer import zstd

TITLES = [
    {
        "title_id": "t1",
        "title_name": 'The "Fifth", Act\nof  Ásta — 夜 🎬',
        "title_type": "film",
        "release_year": 1999,
        "runtime_ms": 5_400_000,
        "genres": ["Drama", "Comedy"],
        "tags": [],
    },
    {
        "title_id": "t2",
        "title_name": None,
        "title_type": None,
        "release_year": None,
        "runtime_ms": None,
        "genres": [],
        "tags": ["slow burn"],
    },
]


def as_csv(rows, line_end="\n"):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=line_end)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(
            ["|".join(v) if isinstance(v, list) else "" if v is None else v for v in row.values()]
        )
    return stream.getvalue().encode()


def as_json_lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows):
    return batches.as_parquet(pa.Table.from_pylist(rows))


def as_avro(rows, codec="deflate"):
    return batches.as_avro(pa.Table.from_pylist(rows), codec)


def as_orc(rows, compression="zstd"):
    return batches.as_orc(pa.Table.from_pylist(rows), compression)


def as_sequence_file(rows, **layout):
    return batches.as_sequence_file(pa.Table.from_pylist(rows), **layout)


SHOWN = "title_id, title_name, title_type, release_year, runtime_ms"
FORMATS = {
    "csv": as_csv(TITLES),
    "csv.gz": gzip.compress(as_csv(TITLES)),
    "csv.zst": zstd(as_csv(TITLES)),
    "jsonl": as_json_lines(TITLES),
    "ndjson": as_json_lines(TITLES).replace(b"\n", b"\n\n"),
    "jsonl.gz": gzip.compress(as_json_lines(TITLES)),
    "jsonl.zst": zstd(as_json_lines(TITLES)),
    "parquet": as_parquet(TITLES),
    "avro": as_avro(TITLES),
    "orc": as_orc(TITLES),
    "seq": as_sequence_file(TITLES, codec="SnappyCodec", by_block=True),
}
SELF_EVIDENT = ("parquet", "avro", "orc", "seq")


@pytest.mark.parametrize("ending", FORMATS)
def test_formats_give_the_same_rows(deployment, ending):
    deployment.land(f"dam/titles/titles_2026-01-31.{ending}", FORMATS[ending])
    report = deployment.ingest()
    assert not report.rejected
    rows = deployment.lake_rows("dam.titles", SHOWN)
    assert rows == [
        ("t1", TITLES[0]["title_name"], "film", 1999, 5_400_000),
        ("t2", None, None, None, None),
    ]
    genres = [row[:3] for row in deployment.lake_rows("dam.title_genres")]
    assert genres == [("t1", 1, "Drama"), ("t1", 2, "Comedy")]
    assert [row[:3] for row in deployment.lake_rows("dam.title_tags")] == [("t2", 1, "slow burn")]


@pytest.mark.parametrize("ending", SELF_EVIDENT)
def test_a_name_without_a_suffix_is_enough_where_the_content_shows_the_format(deployment, ending):
    """Hive, Trino and Spark name their files so."""
    deployment.land("dam/titles/2026-01-31/000000_0", FORMATS[ending])
    [loaded] = deployment.ingest().loaded
    assert loaded.loaded_row_count == 2


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"])
def test_every_codec_of_avro_is_read(deployment, codec):
    deployment.land("dam/titles/titles_2026-01-31.avro", as_avro(TITLES, codec))
    assert [loaded.loaded_row_count for loaded in deployment.ingest().loaded] == [2]


@pytest.mark.parametrize("codec", ["uncompressed", "snappy", "zlib", "zstd", "lz4"])
def test_every_codec_of_orc_is_read(deployment, codec):
    deployment.land("dam/titles/titles_2026-01-31.orc", as_orc(TITLES, codec))
    assert [loaded.loaded_row_count for loaded in deployment.ingest().loaded] == [2]


@pytest.mark.parametrize("ending", ["parquet", "avro", "orc"])
def test_rows_that_do_not_fit_are_kept_as_json_by_their_number(deployment, ending):
    write = {"parquet": as_parquet, "avro": as_avro, "orc": as_orc}[ending]
    odd = TITLES[0] | {"title_type": "opera", "runtime_ms": -1}
    deployment.land(f"dam/titles/titles_2026-01-31.{ending}", write([*TITLES, odd]))
    [loaded] = deployment.ingest().loaded
    assert (loaded.loaded_row_count, loaded.quarantined_row_count) == (2, 1)
    [(number, line, raw_text, reason)] = deployment.quarantined(
        "row_number, line_number, raw_text, reason"
    )
    assert (number, line) == (3, None)
    assert json.loads(raw_text) == odd
    assert "opera" in reason
    assert "runtime_ms" in reason


def test_a_list_that_is_null_everywhere_may_come_without_a_type(deployment):
    rows = [row | {"talents": None, "tags": None} for row in TITLES]
    deployment.land("dam/titles/titles_2026-01-31.parquet", as_parquet(rows))
    assert [loaded.loaded_row_count for loaded in deployment.ingest().loaded] == [2]


def test_windows_line_ends_and_byte_order_marks_are_read(deployment):
    content = b"\xef\xbb\xbf" + as_csv(TITLES[1:], line_end="\r\n") + b"bad,line\r\n"
    deployment.land("dam/titles/titles_2026-01-31.csv", content)
    deployment.ingest()
    assert deployment.lake_rows("dam.titles", SHOWN) == [("t2", None, None, None, None)]
    assert deployment.quarantined("line_number, raw_text") == [(3, "bad,line")]


def test_columns_are_found_by_name_in_any_order(deployment):
    deployment.land(
        "dam/titles/titles_2026-01-31.csv", "extra,title_name,title_id\nx,One,t1\ny,Two,t2\n"
    )
    deployment.ingest()
    assert deployment.lake_rows("dam.titles", "title_id, title_name") == [
        ("t1", "One"),
        ("t2", "Two"),
    ]
    assert deployment.ledger("manifest", "unknown_columns") == [(None,), ("extra",)][1:]


# A file with a fault is taken apart from its raw lines; what is sound goes through DuckDB's reader,
# as any other file does. So both must agree on what a record is: add one broken line to a file that
# DuckDB reads, and exactly the other rows must come out, with their places in the file.

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"]),
    max_size=8,
)


NAME = [column.name for column in load_contract(PROJECT).table("dam", "titles").columns].index(
    "title_name"
)


def with_and_without_fault(tmp_path_factory, name, content, fault, quarantined=0):
    found = []
    for broken in (b"", fault):
        deployment = deployment_in(tmp_path_factory.mktemp("agree"))
        deployment.land(name, content + broken)
        [loaded] = deployment.ingest().loaded
        columns = [column.name for column in loaded.file.table.columns]
        chosen = ", ".join([*columns, "_row_number"])
        found.append(deployment.lake_rows(loaded.file.table.full_name, chosen))
        assert loaded.quarantined_row_count == quarantined + (broken != b"")
    assert found[0] == found[1]
    return found[0]


@pytest.mark.slow
@given(
    rows=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=9), line_end=st.sampled_from("\n\r")
)
def test_csv_is_read_alike_with_a_fault_in_the_file(tmp_path_factory, rows, line_end):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n" if line_end == "\r" else "\n")
    writer.writerow(["title_id", "title_name", "genres"])
    writer.writerows(("t", name, extra) for name, extra in rows)
    found = with_and_without_fault(
        tmp_path_factory,
        "dam/titles/titles_2026-01-31.csv",
        stream.getvalue().encode(),
        b"one,field,too,many\n",
    )
    names = {row[-1]: row[NAME] for row in found}
    assert [names[number] for number in sorted(names)] == [name or None for name, _ in rows]


JSON_VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.lists(TEXT, max_size=3),
    st.dictionaries(TEXT.filter(bool), st.integers(), max_size=2),
)


@pytest.mark.slow
@given(names=st.lists(JSON_VALUE, min_size=1, max_size=9))
def test_json_is_read_alike_with_a_fault_in_the_file(tmp_path_factory, names):
    nested = sum(isinstance(name, list | dict) for name in names)
    found = with_and_without_fault(
        tmp_path_factory,
        "dam/titles/titles_2026-01-31.jsonl",
        as_json_lines([{"title_id": "t", "title_name": name} for name in names]),
        b'{"title_id": ',
        nested,
    )
    assert len(found) == len(names) - nested


def test_names_in_a_header_that_sql_could_misread_become_positions(deployment: Deployment):
    """The manifest's names make tables over landed files; a file must not write statements."""
    header = """customer_id,"Amount, EUR","x'; drop table y; --",CUSTOMER_ID,other"""
    deployment.land("crm/customers/customers_2026-01-31.csv", f"{header}\nc1,1,2,3,4\n")
    assert len(deployment.ingest().loaded) == 1
    assert deployment.ledger("manifest", "column_names") == [
        ("customer_id,column_2,column_3,column_4,other",)
    ]
