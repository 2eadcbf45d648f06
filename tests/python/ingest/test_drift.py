"""What files and contract do not share is recorded, for every format."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

RATING = {
    "customer_id": "c1",
    "title_id": "t1",
    "rating_value": "4",
    "rated_at": "2026-01-05T10:00:00Z",
    "mood": "good",
}


def as_parquet(row) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row]), stream)
    return stream.getvalue()


WRITERS = {
    "csv": lambda row: f"{','.join(row)}\n{','.join(row.values())}\n",
    "jsonl": json.dumps,
    "parquet": as_parquet,
}


@pytest.mark.parametrize("ending", WRITERS)
def test_unknown_and_missing_columns_are_recorded(deployment, ending):
    deployment.land(f"social/ratings/r.{ending}", WRITERS[ending](RATING))
    [loaded] = deployment.ingest().loaded
    assert loaded.unknown_columns == ("mood",)
    assert loaded.missing_columns == ("network_name", "received_at")
    assert deployment.ledger("manifest", "unknown_columns, missing_columns") == [
        ("mood", "network_name, received_at")
    ]


@pytest.mark.parametrize("ending", WRITERS)
def test_a_missing_required_column_rejects_the_file(deployment, ending):
    row = {name: value for name, value in RATING.items() if name != "rated_at"}
    deployment.land(f"social/ratings/r.{ending}", WRITERS[ending](row))
    [error] = deployment.ingest().rejected
    assert "required columns are missing: rated_at (it has customer_id, mood," in str(error)


@pytest.mark.parametrize("fault", ["", '{"broken', '{"rating_value": "nine", "anger": 1}'])
def test_the_keys_of_every_line_count(deployment, fault):
    """One record in a thousand has a column that nobody declared; a null is a value too."""
    rows = [RATING | {"network_name": None} for _ in range(999)]
    rows.append(RATING | {"weather, local": "rain"})
    text = "\n".join([*map(json.dumps, rows), fault])
    deployment.land("social/ratings/r.jsonl", text)
    [loaded] = deployment.ingest().loaded
    found = ["mood", "weather  local"] + (["anger"] if "anger" in fault else [])
    assert loaded.unknown_columns == tuple(sorted(found))
    assert loaded.missing_columns == ("received_at",)


def test_a_file_without_records_lacks_nothing(deployment):
    deployment.land("social/ratings/r.jsonl", "\n")
    [loaded] = deployment.ingest().loaded
    assert loaded.missing_columns == ()


def test_keys_that_are_data_do_not_fill_the_manifest(deployment):
    deployment.land("social/ratings/r.jsonl", json.dumps(RATING | {f"k{n}": 1 for n in range(999)}))
    [loaded] = deployment.ingest().loaded
    assert len(loaded.unknown_columns) == 201
    assert loaded.unknown_columns[-1] == "(800 more)"
