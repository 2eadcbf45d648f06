"""What people's tools do to files: marks, line ends, quotes, encodings, numbers cut short."""

import pyarrow as pa
import pytest

from tests.python.conftest import Deployment
from tests.python.ingest.batches import as_parquet

HEADER = "customer_id,title_id,rating_value,rated_at"
AT = "2026-01-01T00:00:00Z"
GONE = "is a shortened number, its digits are gone (export the column as text)"


@pytest.mark.parametrize(
    "shortened", ["5.70306E+17", "5,70306E+17", "1E+15", "-1.2e+05", "5.70306e+117"]
)
def test_an_id_that_lost_its_digits_is_refused(deployment: Deployment, shortened: str):
    rows = f'c1,"{shortened}",4,{AT}\n"{shortened}",t1,4,{AT}\nc2,t2,4,{AT}\n'
    deployment.land("social/ratings/ratings.csv", f"{HEADER}\n{rows}")
    deployment.ingest()
    assert deployment.lake_rows("social.ratings", "customer_id") == [("c2",)]
    assert deployment.quarantined("row_number, reason") == [
        (1, f"title_id: '{shortened}' {GONE}"),
        (2, f"customer_id: '{shortened}' {GONE}"),
    ]


@pytest.mark.parametrize("kept", ["1E5", "1e5", "5.7E17", "E+17", "a1E+17", "1.2.3E+4", "12E+17"])
def test_an_id_that_only_looks_alike_is_kept(deployment: Deployment, kept: str):
    deployment.land("social/ratings/ratings.csv", f"{HEADER}\nc1,{kept},4,{AT}\n")
    deployment.ingest()
    assert deployment.lake_rows("social.ratings", "title_id") == [(kept,)]


def test_texts_that_are_no_ids_may_hold_such_numbers(deployment: Deployment):
    content = f"customer_id,title_id,tag_text,tagged_at\nc1,t1,1.5E+10,{AT}\n"
    deployment.land("social/tags/tags.csv", content)
    deployment.ingest()
    assert deployment.lake_rows("social.tags", "tag_text") == [("1.5E+10",)]


def test_an_id_that_came_as_floating_point_is_refused(deployment: Deployment):
    rows = pa.table(
        {
            "customer_id": ["c1"],
            "title_id": [570306123456789012.0],
            "rating_value": [4],
            "rated_at": [AT],
        }
    )
    deployment.land("social/ratings/ratings.parquet", as_parquet(rows))
    deployment.ingest()
    assert deployment.lake_rows("social.ratings") == []
    [(reason,)] = deployment.quarantined("reason")
    assert reason.endswith(GONE)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_all_troubles_at_once_cost_the_bad_rows_only(deployment: Deployment, mark, end):
    """A mark, line ends in quotes, doubled quotes, ragged rows and a line of another encoding."""
    lines = [
        b"customer_id,title_id,tag_text,tagged_at",
        f'c1,t1,"two{end}lines, ""quoted""",{AT}'.encode(),
        f"c2,t1,one too many,{AT},x".encode(),
        b"c3,t1,one too few",
        f"c4,t1,caf\xe9,{AT}".encode("latin-1"),
        f"c5,t1,caf\xe9,{AT}".encode(),
        f'c6,t1,"never closed,{AT}'.encode(),
        f"c7,t1,last,{AT}".encode(),
    ]
    deployment.land("social/tags/tags.csv", mark + end.encode().join(lines) + end.encode())
    deployment.ingest()
    assert deployment.lake_rows("social.tags", "customer_id, tag_text, _row_number") == [
        ("c1", f'two{end}lines, "quoted"', 1),
        ("c5", "café", 5),
        ("c7", "last", 7),
    ]
    assert deployment.quarantined("row_number, line_number, reason") == [
        (2, 4, "the line does not have 4 fields"),
        (3, 5, "the line does not have 4 fields"),
        (4, 6, "the line is not UTF-8"),
        (6, 8, "the line does not have 4 fields"),
    ]
