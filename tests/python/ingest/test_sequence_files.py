"""Hadoop sequence files: every layout and codec is read, and no damage passes for rows."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.ingest.formats import Format
from marquee.ingest.landing import FileRejectedError, LandedFile
from marquee.ingest.sequence_files import SequenceFile, _Cursor
from tests.python.conftest import PROJECT, Deployment, project_contract
from tests.python.ingest.sequence_writer import (
    CODECS,
    KEYS,
    VALUES,
    integer,
    sequence_file,
    text,
    variable_integer,
)

RATING = {
    "customer_id": "c1",
    "title_id": "t1",
    "network_name": "Ásta — 夜",
    "rating_value": 4.5,
    "rated_at": "2026-01-05T10:00:00.123456Z",
}
OBJECTS = [json.dumps(RATING | {"customer_id": f"c{n}"}).encode() for n in range(700)]
LAYOUTS = [(None, False), *((codec, by_block) for codec in CODECS for by_block in (False, True))]


def read(folder: Path, content: bytes) -> list[bytes]:
    path = folder / "x.seq"
    path.write_bytes(content)
    table = project_contract(PROJECT).table("social", "ratings")
    file = LandedFile(path, "x.seq", table, Format.SEQUENCE_FILE, None, None)
    with SequenceFile(path, file) as source:
        return list(source.values())


def read_or_refuse(folder: Path, content: bytes) -> list[bytes] | None:
    try:
        return read(folder, content)
    except FileRejectedError:
        return None


@pytest.mark.parametrize(
    ("version", "codec", "by_block"),
    [
        (version, codec, by_block)
        for version in (4, 5, 6)
        for codec, by_block in LAYOUTS
        # Version 4 knows no other codec.
        if version > 4 or codec in (None, "DefaultCodec")
    ],
)
@pytest.mark.parametrize("value_class", VALUES)
def test_values_come_as_they_were_written(tmp_path, codec, by_block, value_class, version):
    values = [b"", b"x" * 70_000, *OBJECTS]
    content = sequence_file(values, codec, by_block, value_class, version=version)
    assert read(tmp_path, content) == values


@pytest.mark.parametrize("key_class", KEYS)
def test_keys_are_passed_over(tmp_path, key_class):
    for by_block in (False, True):
        codec = "DefaultCodec" if by_block else None
        content = sequence_file(OBJECTS, codec, by_block, key_class=key_class)
        assert read(tmp_path, content) == OBJECTS


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 65_536, 2**31 - 1])
def test_lengths_of_any_size_are_read(number):
    for signed in (number, -number, -number - 1):
        assert _Cursor(variable_integer(signed)).variable_integer() == signed


@pytest.mark.parametrize(("codec", "by_block"), [(None, False), *LAYOUTS])
def test_a_cut_file_never_gives_a_part_of_a_record(tmp_path, codec, by_block):
    """Only a cut between two records, which no reader can see, leaves fewer; never other ones."""
    values = OBJECTS[:25]
    whole = sequence_file(values, codec, by_block)
    accepted = 0
    for length in range(4, len(whole), 7):
        found = read_or_refuse(tmp_path, whole[:length])
        if found is not None:
            assert found == values[: len(found)]
            accepted += 1
    assert accepted <= 25


@given(
    layout=st.sampled_from(LAYOUTS),
    flips=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=3
    ),
)
def test_flipped_bits_are_refused_or_change_texts_alone(tmp_path_factory, layout, flips):
    """A file has no checksum of its own: what a text holds can change, and nothing else."""
    values = OBJECTS[:20]
    content = bytearray(sequence_file(values, *layout))
    for place, mask in flips:
        content[4 + int(place * (len(content) - 4))] ^= mask
    found = read_or_refuse(tmp_path_factory.mktemp("flipped"), bytes(content))
    assert found is None or len(found) <= len(values)


HEADER = b"SEQ\x06" + text(b"k") + text(b"org.apache.hadoop.io.Text")
REFUSED = {
    "values": (
        b"SEQ\x06" + text(b"k") + text(b"org.apache.hadoop.hive.ql.io.orc.OrcSerde"),
        "its values are of class org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
    "codec": (HEADER + b"\1\0" + text(b"com.hadoop.compression.lzo.LzoCodec"), "LzoCodec"),
    "length": (HEADER + b"\0\0" + integer(0) + bytes(16) + integer(2**30), "bytes should follow"),
    "negative": (HEADER + b"\0\0" + integer(0) + bytes(16) + integer(-2), "a key of 0 in -2 bytes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_read_is_told(tmp_path, case):
    content, words = REFUSED[case]
    with pytest.raises(FileRejectedError, match=words):
        read(tmp_path, content + integer(0) + bytes(40) if case != "length" else content)


def test_objects_and_faulty_values_are_told_apart(deployment: Deployment):
    """One value is one record, also over several lines; a faulty one is kept with its number."""
    good = json.dumps(RATING, indent=1).encode()
    values = [good, b"nonsense", b"", b'{"customer_id": "a\nb"}', OBJECTS[1], b"[1]", b"caf\xe9"]
    deployment.land("social/ratings/ratings.seq", sequence_file(values, "SnappyCodec", True))
    [loaded] = deployment.ingest().loaded
    assert (loaded.loaded_row_count, loaded.quarantined_row_count) == (2, 4)
    rows = deployment.lake_rows("social.ratings", "customer_id, network_name, _row_number")
    assert rows == [("c1", "Ásta — 夜", 1), ("c1", "Ásta — 夜", 4)]
    assert deployment.quarantined("row_number, line_number, raw_text, reason") == [
        (2, None, "nonsense", "the value is not valid JSON"),
        (3, None, '{"customer_id": "a\rb"}', "the value is not valid JSON"),
        (5, None, "[1]", "the value is not a JSON object"),
        (6, None, "caf\\xe9", "the value is not UTF-8"),
    ]


def test_rows_of_hive_are_read_in_the_order_of_the_contract(deployment: Deployment):
    table = deployment.lake.contract.table("dam", "titles")
    values = dict.fromkeys(table.landed_names, "\\N") | {
        "title_id": "t1",
        "title_name": 'two\nlines, "quoted" \\ é夜',
        "release_year": "1999",
        "genres": "Drama\x02Comedy",
        "tags": "",
        "talents": "p1\x03Ada\x02p2\x03\\N",
    }
    row = "\x01".join(values.values()).encode()
    deployment.land("dam/titles/titles_2026-01-31.seq", sequence_file([row, b"a\x01b", row[:-2]]))
    [loaded] = deployment.ingest().loaded
    assert (loaded.loaded_row_count, loaded.quarantined_row_count) == (2, 1)
    chosen = "title_id, title_name, title_type, release_year"
    assert deployment.lake_rows("dam.titles", chosen)[0] == (
        "t1",
        values["title_name"],
        None,
        1999,
    )
    genres = [row[:3] for row in deployment.lake_rows("dam.title_genres")][::2]
    assert genres == [("t1", 1, "Drama"), ("t1", 2, "Comedy")]
    assert deployment.ledger("manifest", "column_names") == [(",".join(table.landed_names),)]
    [(text_of_it, reason)] = deployment.quarantined("raw_text, reason")
    assert (text_of_it, reason) == ("a\x01b", "the value is not valid JSON")
