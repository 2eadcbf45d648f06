"""Where a text belongs, an object or a list is a fault, in every format alike."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

OBJECT = {"id": 7}
TITLE = {"title_id": "t1", "title_name": "One"}
RATING = {"customer_id": "c1", "title_id": "t1", "rating_value": 4}


def as_json_lines(row: dict) -> tuple[str, bytes]:
    return "jsonl", json.dumps(row).encode()


def as_parquet(row: dict) -> tuple[str, bytes]:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row]), stream)
    return "parquet", stream.getvalue()


def reasons(deployment, ending: str, content: bytes) -> list[tuple]:
    deployment.land(f"dam/titles/2026-01-01.{ending}", content)
    assert not deployment.ingest().rejected
    return deployment.ledger("quarantine", "reason")


@pytest.mark.parametrize("write", [as_json_lines, as_parquet])
@pytest.mark.parametrize(
    ("row", "what", "kind"),
    [
        ({"eidr_id": OBJECT}, "eidr_id", "varchar"),
        ({"eidr_id": ["a"]}, "eidr_id", "varchar"),
        ({"genres": [OBJECT]}, "genres", "list of texts"),
        ({"genres": [["a"]]}, "genres", "list of texts"),
        ({"talents": [{"talent_id": OBJECT}]}, "talents[1].talent_id", "varchar"),
        (
            {"talents": [{"talent_id": "p", "talent_name": ["a"]}]},
            "talents[1].talent_name",
            "varch",
        ),
    ],
)
def test_it_is_quarantined_and_shown(deployment, write, row, what, kind):
    [(reason,)] = reasons(deployment, *write(TITLE | row))
    assert reason.startswith(f"{what}: '")
    assert f"' is not of type {kind}" in reason


@pytest.mark.parametrize("text", ['{"id":7}', "[Spoiler] all die", "[]", "{", "[", '["a"]'])
def test_a_text_that_looks_like_one_is_a_text(deployment, text):
    row = TITLE | {"description_text": text, "genres": [text], "talents": [{"talent_id": text}]}
    assert reasons(deployment, *as_json_lines(row)) == []
    [(found,)] = deployment.lake_rows("dam.titles", "description_text")
    assert found == text
    assert deployment.lake_rows("dam.title_genres", "genre_name") == [(text,)]
    assert deployment.lake_rows("dam.title_talents", "talent_id") == [(text,)]


def test_its_neighbours_are_read_as_without_it(deployment):
    """All of the file's texts are read another way then, numbers and empty ones too."""
    values = ["plain", 7, 1.50, 1e5, True, "", None, '"', "é\n", '{"a": 1}', "null"]
    lines = [
        json.dumps(TITLE | {"title_id": f"t{place:02}", "description_text": value})
        for place, value in enumerate(values)
    ]
    deployment.land("dam/titles/2026-01-01.jsonl", "\n".join(lines[:9] + lines[10:]))
    broken = json.dumps(TITLE | {"title_id": "x", "description_text": OBJECT})
    deployment.land("dam/titles/2026-01-02.jsonl", "\n".join(["{", broken, *lines]))
    deployment.ingest()
    rows = deployment.lake_rows("dam.titles", "_file_key, title_id, description_text")
    by_day = {
        day: [row[1:] for row in rows if row[0].endswith(day)] for day in ("20260101", "20260102")
    }
    looks_nested = ("t09", '{"a": 1}')
    assert looks_nested in by_day["20260102"]
    assert [row for row in by_day["20260102"] if row != looks_nested] == by_day["20260101"]
    assert len(by_day["20260101"]) == 10
    assert deployment.ledger("quarantine", "line_number") == [(1,), (2,)]


def test_of_tables_with_a_vault_no_value_is_told(deployment):
    row = {"network_name": "x", "post_type": "comment", "posted_at": "2026-01-05T10:00:00Z"}
    row |= {"post_id": "p1", "author_handle": OBJECT}
    deployment.land("social/posts/p.jsonl", json.dumps(row))
    deployment.ingest()
    [(reason,)] = deployment.ledger("quarantine", "reason")
    assert reason == "author_handle: value withheld, is not of type varchar"


def test_a_faulty_rating_says_which_row(deployment):
    rows = [RATING | {"rated_at": "2026-01-05T10:00:00Z", "customer_id": c} for c in ("c", OBJECT)]
    deployment.land("social/ratings/r.jsonl", "\n".join(map(json.dumps, rows)))
    deployment.ingest()
    assert deployment.ledger("quarantine", "row_number, reason") == [
        (2, """customer_id: '{"id":7}' is not of type varchar""")
    ]
