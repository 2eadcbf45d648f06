"""A landed file is written anew in its own format: whoever is left is read from it as before."""

import gzip
from decimal import Decimal

import fastavro
import pytest

from marquee.forgetting import Customers, Forgetting, forget_in_lake, search_everywhere
from tests.python.conftest import HASH_KEY, Deployment, deployment_in, environment
from tests.python.ingest.sequence_writer import zstd
from tests.python.ingest.test_formats import (
    as_avro,
    as_csv,
    as_json_lines,
    as_orc,
    as_parquet,
    as_sequence_file,
)

GONE = "c1"
ROWS = [
    {
        "payment_id": f"p{number}",
        "subscription_id": f"s{number % 3}",
        "customer_id": f"c{number % 3}",
        "currency_code": "USD",
        "payment_status": "succeeded",
        "payment_amount": f"{number}.25",
        "paid_at": "2026-06-01T10:00:00Z",
        "received_at": "2026-06-01T10:00:01.000001Z",
    }
    for number in range(50)
]

ENCODED = {
    "csv": as_csv(ROWS),
    "csv.gz": gzip.compress(as_csv(ROWS)),
    "csv.zst": zstd(as_csv(ROWS)),
    "jsonl": as_json_lines(ROWS),
    "jsonl.gz": gzip.compress(as_json_lines(ROWS)),
    "jsonl.zst": zstd(as_json_lines(ROWS)),
    "parquet": as_parquet(ROWS),
    **{f"{codec}.avro": as_avro(ROWS, codec) for codec in ("null", "deflate", "snappy")},
    **{f"{codec}.orc": as_orc(ROWS, codec) for codec in ("uncompressed", "zlib", "snappy", "zstd")},
    "plain.seq": as_sequence_file(ROWS),
    "blocks.seq": as_sequence_file(ROWS, codec="SnappyCodec", by_block=True),
}


@pytest.mark.parametrize("name", ENCODED)
def test_who_is_left_is_read_as_before(deployment: Deployment, name: str, tmp_path):
    path = deployment.land(f"billing/payments/payments.{name}", ENCODED[name])
    report = deployment.ingest()
    assert [item.loaded_row_count for item in report.loaded] == [50], report.rejected
    everybody = deployment.lake_rows("billing.payments")
    with environment({"MARQUEE_HASH_KEY": HASH_KEY}):
        customers, done = Customers((GONE,)), Forgetting([])
        forget_in_lake(deployment.paths, deployment.lake, customers, retire_models=False)
        search_everywhere(deployment.paths, deployment.lake, customers, done)
    assert done.remaining == {}
    assert path.read_bytes() != ENCODED[name]
    left = deployment.lake_rows("billing.payments")
    assert left == [row for row in everybody if GONE not in row]
    assert deployment.ingest().loaded == []
    # What landed says the same as the lake, to whoever reads it for the first time.
    anew = deployment_in(tmp_path / "anew")
    anew.land_from(deployment)
    anew.ingest()
    assert [row[:-2] for row in anew.lake_rows("billing.payments")] == [row[:-2] for row in left]


def test_logical_types_of_avro_survive(deployment: Deployment):
    schema = {
        "type": "record",
        "name": "Payment",
        "fields": [
            *({"name": n, "type": ["null", "string"]} for n in ROWS[0] if n not in LOGICAL),
            *({"name": name, "type": kind} for name, kind in LOGICAL.items()),
        ],
    }
    rows = [
        row
        | {"payment_amount": Decimal(row["payment_amount"]), "received_at": 1_780_000_000_000_001}
        for row in ROWS
    ]
    path = deployment.paths.landing / "billing/payments/logical.avro"
    path.parent.mkdir(parents=True)
    with path.open("wb") as stream:
        fastavro.writer(stream, schema, rows, "deflate")
    deployment.ingest()
    with environment({"MARQUEE_HASH_KEY": HASH_KEY}):
        forget_in_lake(deployment.paths, deployment.lake, Customers((GONE,)), retire_models=False)
    with path.open("rb") as stream:
        reader = fastavro.reader(stream)
        left = [(row["payment_amount"], row["received_at"].microsecond) for row in reader]
        assert reader.codec == "deflate"
        assert reader.metadata["avro.schema"].count("logicalType") == 2
    assert left == [(row["payment_amount"], 1) for row in rows if row["customer_id"] != GONE]


LOGICAL = {
    "payment_amount": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2},
    "received_at": {"type": "long", "logicalType": "timestamp-micros"},
}
