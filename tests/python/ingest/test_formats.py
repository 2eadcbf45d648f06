"""One batch in every format and encoding gives one and the same lake table."""

import csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ingest import connect, csv_files, json_lines
from marquee.ingest.lines import lines_of

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
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), stream)
    return stream.getvalue()


FORMATS = {
    "csv": as_csv(TITLES),
    "csv.gz": gzip.compress(as_csv(TITLES)),
    "jsonl": as_json_lines(TITLES),
    "ndjson": as_json_lines(TITLES).replace(b"\n", b"\n\n"),
    "jsonl.gz": gzip.compress(as_json_lines(TITLES)),
    "parquet": as_parquet(TITLES),
}


@pytest.mark.parametrize("ending", FORMATS)
def test_formats_give_the_same_rows(deployment, ending):
    deployment.land(f"dam/titles/titles_2026-01-31.{ending}", FORMATS[ending])
    report = deployment.ingest()
    assert not report.rejected
    rows = [row[:5] for row in deployment.lake_rows("dam.titles")]
    assert rows == [
        ("t1", TITLES[0]["title_name"], "film", 1999, 5_400_000),
        ("t2", None, None, None, None),
    ]
    genres = [row[:3] for row in deployment.lake_rows("dam.title_genres")]
    assert genres == [("t1", 1, "Drama"), ("t1", 2, "Comedy")]
    assert [row[:3] for row in deployment.lake_rows("dam.title_tags")] == [("t2", 1, "slow burn")]


def test_windows_line_ends_and_byte_order_marks_are_read(deployment):
    content = b"\xef\xbb\xbf" + as_csv(TITLES[1:], line_end="\r\n") + b"bad,line\r\n"
    deployment.land("dam/titles/titles_2026-01-31.csv", content)
    deployment.ingest()
    assert [row[:5] for row in deployment.lake_rows("dam.titles")] == [
        ("t2", None, None, None, None)
    ]
    assert deployment.ledger("quarantine", "line_number, raw_text") == [(3, "bad,line")]


def test_columns_are_found_by_name_in_any_order(deployment):
    deployment.land(
        "dam/titles/titles_2026-01-31.csv", "extra,title_name,title_id\nx,One,t1\ny,Two,t2\n"
    )
    deployment.ingest()
    assert [row[:2] for row in deployment.lake_rows("dam.titles")] == [("t1", "One"), ("t2", "Two")]
    assert deployment.ledger("manifest", "unknown_columns") == [(None,), ("extra",)][1:]


# The fast reader (DuckDB's own) and the precise one (lines split in SQL) must agree on every file
# that both can read: a file with one bad line is read by the second, its clean copy by the first.

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"]),
    max_size=8,
)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=12))
def test_both_csv_readers_agree(tmp_path_factory, rows):
    rows = [row for row in rows if any(row)] or [("x", "", "")]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["first", "second", "third"])
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("csv") / "file.csv"
    path.write_bytes(stream.getvalue().encode())
    names = csv_files.header(path)
    with connect() as connection:
        fast = connection.execute(f"select * from {csv_files.relation(path, names)}").fetchall()
        connection.register("landed", lines_of(path))
        precise = connection.execute(
            f"select first, second, third, _broken from ({csv_files.records(names, 'landed')}) "
            "order by row_number"
        ).fetchall()
    expected = [tuple(value or None for value in row) for row in rows]
    assert [tuple(value or None for value in row[:3]) for row in precise] == expected
    assert [tuple(value or None for value in row) for row in fast] == expected
    assert all(row[3] is None for row in precise)


JSON_VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.lists(TEXT, max_size=3),
    st.dictionaries(TEXT.filter(bool), st.integers(), max_size=2),
)


@given(st.lists(st.fixed_dictionaries({"title_id": JSON_VALUE, "tags": JSON_VALUE}), min_size=1))
def test_both_json_readers_agree(contract, tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("json") / "file.jsonl"
    path.write_bytes(as_json_lines(rows))
    table = contract.table("dam", "titles")
    with connect() as connection:
        raw = json_lines.relation(path, json_lines.raw_types(table))
        fast = connection.execute(f"select title_id, tags from {raw}").fetchall()
        connection.register("landed", lines_of(path))
        precise = connection.execute(
            f"select title_id, tags from ({json_lines.records(table, 'landed')}) "
            "order by row_number"
        ).fetchall()
    assert [(a, b if b != "null" else None) for a, b in precise] == [
        (a, b if b != "null" else None) for a, b in fast
    ]
