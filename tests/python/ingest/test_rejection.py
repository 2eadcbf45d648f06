"""Files that can't be taken at all: the message names the file and the remedy, the rest goes on."""

import gzip

import pytest

from tests.python.ingest.sequence_writer import sequence_file, zstd
from tests.python.ingest.test_formats import TITLES, as_avro, as_orc, as_parquet

CASES = {
    "elsewhere/things.csv": ("x\n1\n", "no source table has this folder"),
    "events/loose.jsonl": ("{}\n", "no source table has this folder"),
    "marquee/file_manifest/x.csv": ("x\n1\n", "no source table has this folder"),
    "events/events/events.xlsx": ("x", "the format is not known from the name"),
    "events/events/events.parquet.gz": ("x", "the format is not known from the name"),
    "crm/customers/customers.csv": ("customer_id\nc1\n", "rename it, for example"),
    "crm/customers/customers_2026-13-01.csv": ("customer_id\nc1\n", "rename it, for example"),
    "crm/customers/customers_2026-01-01.csv": ("name\nAda\n", "required columns are missing: cust"),
    "social/tags/empty.csv": ("", "the file is empty"),
    "social/tags/blank.csv": ("\ncustomer_id,title_id,tag_text,tagged_at\n", "its first line is"),
    "social/tags/twice.csv": ("customer_id,title_id,tag_text,tagged_at,x,x\n", "there twice"),
    "social/tags/comma.csv": ("customer_id,title_id,tag_text,tagged_at,\n", "missing, there twice"),
    "social/tags/semicolon.csv": ("customer_id;title_id\nc1;t1\n", "separated by ';'"),
    "social/tags/mac.csv": ("customer_id,title_id,tag_text,tagged_at\rc,t,x,y\r", "CR alone"),
    "social/tags/wide.csv": ("customer_id\n".encode("utf-16"), "probably UTF-16"),
    "social/ratings/cut.parquet": ("PAR1", "not a complete Parquet file"),
    "social/tags/cut.csv.gz": (
        gzip.compress(b"customer_id,title_id,tag_text,tagged_at\n" * 99)[:-9],
        "the gzip stream is damaged",
    ),
    "social/tags/cut.csv.zst": (
        zstd(b"customer_id,title_id,tag_text,tagged_at\n" * 99)[:-2],
        "the zstd stream is damaged",
    ),
    "dam/titles/cut_2026-01-01.avro": (as_avro(TITLES)[:-9], "it can't be read to its end"),
    "dam/titles/head_2026-01-01.avro": (as_avro(TITLES)[:90], "not a readable Avro file"),
    "dam/titles/cut_2026-01-01.orc": (as_orc(TITLES)[:-9], "not a complete ORC file"),
    "dam/titles/cut_2026-01-01.parquet": (as_parquet(TITLES)[:-9], "not a complete Parquet file"),
    "dam/titles/cut_2026-01-01.seq": (sequence_file([b"{}"])[:-1], "damaged at byte"),
    # What the name says and what the content shows.
    "dam/titles/a_2026-01-01.avro": (as_orc(TITLES), "its name says avro, its content orc"),
    "dam/titles/a_2026-01-01.csv": (as_parquet(TITLES), "its name says csv, its content parquet"),
    "dam/titles/a_2026-01-01.csv.gz": ("title_id\nt1\n", "says gzip, its content something else"),
    "dam/titles/a_2026-01-01.jsonl": (gzip.compress(b"{}"), "says json lines, its content gzip"),
    "dam/titles/a_2026-01-01.jsonl.gz": (zstd(b"{}"), "its name says gzip, its content zstd"),
    "dam/titles/a_2026-01-01.orc": ("", "the file is empty, which no orc is"),
    "dam/titles/a_2026-01-01.parquet": ("title_id\n", "says parquet, its content something else"),
    "dam/titles/a_2026-01-01.seq": (as_avro(TITLES), "says sequence file, its content avro"),
    "dam/titles/2026-01-01/000000_0": (gzip.compress(b"{}"), "the format is not known from"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_that_can_not_be_taken_says_why_and_stops_nobody(deployment, name):
    content, words = CASES[name]
    deployment.land(name, content)
    deployment.land("dam/titles/titles_2026-01-31.csv", "title_id,title_name\nt1,One\n")
    report = deployment.ingest()
    [error] = report.rejected
    assert words in str(error)
    assert str(error).startswith(name)
    assert [loaded.file.name for loaded in report.loaded] == ["dam/titles/titles_2026-01-31.csv"]
    assert len(deployment.ledger("manifest", "file_key")) == 1


def test_a_repaired_file_is_taken_by_the_next_run(deployment):
    name = "crm/customers/customers_2026-01-01.csv"
    deployment.land(name, "")
    assert len(deployment.ingest().rejected) == 1
    deployment.land(name, "customer_id\nc1\n")
    assert len(deployment.ingest().loaded) == 1


def test_the_files_of_one_extract_come_together_or_not_at_all(deployment):
    """Half an extract would say that all others are gone."""
    sound, broken = (f"crm/customers/customers_2026-01-01.{part}.csv" for part in "ab")
    other_day = "crm/customers/customers_2026-01-02.csv"
    deployment.land(sound, "customer_id,country_code\nc1,DE\nc2,nonsense\n")
    deployment.land(broken, "")
    deployment.land(other_day, "customer_id\nc1\n")
    report = deployment.ingest()
    assert [loaded.file.name for loaded in report.loaded] == [other_day]
    told = dict(str(error).split(": ", 1) for error in report.rejected)
    assert list(told) == [broken, sound]
    assert f"{broken} was rejected" in told[sound]
    assert deployment.ledger("manifest", "load_id") == [(1,)]
    # Nothing of it is left: no rows, identifiers, faulty records or profiles.
    left = [path for path in deployment.paths.lake.rglob("*.parquet") if "20260101" in path.name]
    assert left == []

    deployment.land(broken, "customer_id\nc3\n")
    assert [loaded.file.name for loaded in deployment.ingest().loaded] == [sound, broken]
    assert deployment.ledger("manifest", "load_id") == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    "name", ["events/events/.hidden.jsonl", "events/events/e.jsonl.part", "_work/x.csv"]
)
def test_unfinished_uploads_are_left_alone(deployment, name):
    deployment.land(name, "half")
    report = deployment.ingest()
    assert not report.rejected
    assert not report.loaded


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_json_file_is_a_file_of_no_rows(deployment, content):
    deployment.land("events/events/none.jsonl", content)
    [loaded] = deployment.ingest().loaded
    assert loaded.landed_row_count == 0
    assert deployment.ledger("manifest", "lake_path")[0][0].startswith(
        "events/events/batch_month=0000-00/"
    )
