"""Direct identifiers go to the vault and nowhere else, whatever lands."""

import csv
import datetime as dt
import hmac
import io
import json
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.python.conftest import HASH_KEY, Deployment, deployment_in

NAME = "crm/customers/customers_2026-06-30"
HEADER = "customer_id,full_name,email,birth_date,country_code"
ADA = {
    "customer_id": "c1",
    "full_name": "Ada Lovelace",
    "email": " Ada.Lovelace@Example.com",
    "birth_date": "1990-12-10",
    "country_code": "GB",
}
ADA_HASH = hmac.digest(HASH_KEY.encode(), b"ada.lovelace@example.com", "sha256").hex()


def as_csv(*rows) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, ADA, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def as_parquet(*rows) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), stream)
    return stream.getvalue()


FORMATS = {
    "csv": as_csv(ADA),
    "jsonl": json.dumps(ADA) + "\n",
    "parquet": as_parquet(ADA | {"birth_date": dt.date(1990, 12, 10)}),
}


def confidential(deployment: Deployment) -> set[Path]:
    return {path for path in deployment.lake.vault.rglob("*") if path.is_file()}


def told_outside_the_vault(deployment: Deployment, report) -> str:
    """All that ingestion says and writes outside the vault, as one text."""
    texts = [str(error) for error in report.rejected] + [repr(item) for item in report.loaded]
    for path in deployment.paths.lake.rglob("*"):
        if path.is_file() and path not in confidential(deployment):
            texts.append(path.read_bytes().decode(errors="replace"))
            if path.suffix == ".parquet":
                texts.append(str(pq.read_table(path).to_pylist()))
                texts.append(str(pq.read_schema(path)))
    return "\n".join(texts)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_file_is_split_by_sensitivity(deployment, ending):
    deployment.land(f"{NAME}.{ending}", FORMATS[ending])
    [loaded] = deployment.ingest().loaded
    [row] = deployment.lake_rows("crm.customers")
    columns = [column.name for column in deployment.lake.contract.table("crm", "customers").columns]
    assert dict(zip(columns, row, strict=False)) == {
        "customer_id": "c1",
        "country_code": "GB",
        "language_code": None,
        "gender": None,
        "age_band": "35 to 44",
        "email_hash": ADA_HASH,
        "has_marketing_consent": None,
        "registered_at": None,
    }
    key = loaded.file.file_key(loaded.file.content_sha256())
    assert deployment.lake_rows("restricted.crm_customers") == [
        (
            "c1",
            "Ada Lovelace",
            " Ada.Lovelace@Example.com",
            dt.date(1990, 12, 10),
            "Ada",
            None,
            "Lovelace",
            key,
            1,
        )
    ]
    place = f"batch_month=2026-06/{key}.parquet"
    [file] = deployment.paths.lake.glob(f"crm/customers/{place}")
    assert not {"full_name", "email", "birth_date"} & set(pq.read_schema(file).names)
    assert (deployment.paths.lake / "restricted/crm_customers" / place).exists()


def test_only_the_owner_may_read_the_vault(deployment):
    deployment.land(f"{NAME}.csv", as_csv(ADA, ADA | {"birth_date": "soon"}))
    deployment.ingest()
    assert stat.S_IMODE(deployment.lake.vault.stat().st_mode) == 0o700
    files = confidential(deployment)
    assert {"crm_customers", "quarantined_texts"} <= {path.parts[-3] for path in files}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_files_without_identifiers_are_loaded(deployment):
    deployment.land(f"{NAME}.csv", "customer_id,country_code\nc1,GB\nc2,\n")
    [loaded] = deployment.ingest().loaded
    assert loaded.unknown_columns == ()
    rows = deployment.lake_rows("crm.customers")
    assert [row[:6] for row in rows] == [
        ("c1", "GB", None, None, None, None),
        ("c2", None, None, None, None, None),
    ]
    identities = deployment.lake_rows("restricted.crm_customers")
    assert [row[:4] for row in identities] == [("c1", None, None, None), ("c2", None, None, None)]


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_nobody_can_land_what_ingestion_derives(deployment, ending):
    row = {"customer_id": "c1", "email_hash": "forged", "age_band": "under 18"}
    content = {
        "csv": ",".join(row) + "\n" + ",".join(row.values()) + "\n",
        "parquet": as_parquet(row),
        "jsonl": json.dumps(row),
    }[ending]
    deployment.land(f"{NAME}.{ending}", content)
    [loaded] = deployment.ingest().loaded
    assert loaded.unknown_columns == ("age_band", "email_hash")
    assert deployment.lake_rows("crm.customers")[0][4:6] == (None, None)


@pytest.mark.parametrize("name", ["crm_customers", "quarantined_texts"])
def test_nothing_lands_in_the_vault(deployment, name):
    deployment.land(f"restricted/{name}/x_2026-01-01.csv", "customer_id,full_name\nc1,Ada\n")
    [error] = deployment.ingest().rejected
    assert "no source table has this folder" in str(error)


SECRET = ("Ada Lovelace", "ada.lovelace@example.com", "1990-12-10")
INVALID = SECRET[0].encode() + b" \xff" + SECRET[1].encode()


def parquet_with_invalid_text() -> bytes:
    texts = pa.array([INVALID, b"plain"], pa.binary())
    # The column says that it is text, which Arrow would not write of these bytes.
    unchecked = pa.StringArray.from_buffers(2, texts.buffers()[1], texts.buffers()[2])
    stream = io.BytesIO()
    pq.write_table(pa.table({"customer_id": ["c1", "c2"], "full_name": unchecked}), stream)
    return stream.getvalue()


LEAKS = {
    # A value that does not fit its column, and a record that is out of step by one.
    "type.csv": f'{HEADER}\nc1,x,y,"{" ".join(SECRET)}",GB\n',
    "step.csv": f"customer_id,gender,has_marketing_consent\nc1,{SECRET[1]},{SECRET[0]}\n",
    "type.jsonl": json.dumps({"customer_id": "c1", "birth_date": list(SECRET)}),
    "nested.parquet": as_parquet({"customer_id": "c1", "full_name": {"first": SECRET[0]}}),
    "type.parquet": as_parquet({"customer_id": "c1", "birth_date": SECRET[0]}),
    # Malformed records.
    "fields.csv": f"{HEADER}\nc1,{','.join(SECRET)},GB,surplus\nc2,{SECRET[0]}\n",
    "quote.csv": f'{HEADER}\nc1,"{SECRET[0]},{SECRET[1]},,\nc2,,,,\n',
    "utf8.csv": f"{HEADER}\nc1,".encode() + INVALID + b",,,\n",
    "broken.jsonl": f'{{"customer_id": "c1", "full_name": "{SECRET[0]}", "email": "{SECRET[1]}\n',
    "array.jsonl": json.dumps(SECRET),
    "key.jsonl": json.dumps({"customer_id": "c1", SECRET[0]: 1, SECRET[1]: 1, "gender": "x"}),
    # Files that are rejected as a whole.
    "headless.csv": f"c1,{','.join(SECRET)},GB\n",
    "doubled.csv": f"c1,{SECRET[0]},{SECRET[0]},{SECRET[1]},\n",
    "semicolon.csv": f"c1;{';'.join(SECRET)}\n",
    "renamed.parquet": as_parquet({"id": "c1", SECRET[0]: SECRET[1]}),
    "invalid.parquet": parquet_with_invalid_text(),
    "cut.parquet": as_parquet(ADA)[:-20],
}


@pytest.mark.parametrize("name", LEAKS)
def test_no_message_and_no_ledger_quotes_an_identifier(deployment, name):
    stem, _, ending = name.partition(".")
    deployment.land(f"crm/customers/{stem}_2026-06-30.{ending}", LEAKS[name])
    report = deployment.ingest()
    assert report.rejected or report.loaded[0].quarantined_row_count
    told = told_outside_the_vault(deployment, report)
    for secret in (*SECRET, "Lovelace", "lovelace"):
        assert secret not in told, secret
    if report.loaded and report.loaded[0].quarantined_row_count:
        texts = str(deployment.quarantined("raw_text"))
        assert any(secret in texts for secret in SECRET)


SEEN = {
    "events/events/seen.jsonl": [
        {
            "event_id": f"e{n}",
            "event_type": "play",
            "user_agent": "Mozilla/5.0 (SecretPhone 9; Android 14) Mobile",
            "ip_address": address,
            "event_at": at,
            "received_at": "2026-01-05T10:00:00Z",
        }
        for n, address in enumerate(("198.18.7.201", "2001:db8:7:9::beef:1"))
        # The second one is quarantined.
        for at in ("2026-01-05T10:00:00Z", "2026-01-06T10:00:00Z")
    ],
    "social/posts/seen.jsonl": [
        {
            "network_name": "n",
            "post_id": post_id,
            "author_handle": "@ada_lovelace_1815",
            "post_type": "comment",
            "posted_at": "2026-01-05T10:00:00Z",
        }
        for post_id in ("p1", None)
    ],
    "crm/customers/seen_2026-06-30.jsonl": [
        {"customer_id": "c1", "full_name": "Augusta Adalind von Lovelacehausen"},
        {"customer_id": None, "full_name": "Augusta Adalind von Lovelacehausen"},
    ],
}
SECRETS = (
    "SecretPhone", "198.18.7.201", "beef:1", "ada_lovelace_1815", "Augusta", "Adalind", "Lovelaceh"
)  # fmt: skip


def test_addresses_agents_handles_and_parts_of_names_stay_in_the_vault(deployment):
    for name, rows in SEEN.items():
        deployment.land(name, "".join(json.dumps(row) + "\n" for row in rows))
    report = deployment.ingest()
    assert [item.quarantined_row_count for item in report.loaded] == [1, 2, 1]
    told = told_outside_the_vault(deployment, report)
    files = [path for path in confidential(deployment) if path.suffix == ".parquet"]
    inside = str([pq.read_table(path).to_pylist() for path in files])
    for secret in SECRETS:
        assert secret not in told, secret
        assert secret in inside, secret
    assert [row[:3] for row in deployment.lake_rows("restricted.events_events")] == [
        ("e0", "198.18.7.201", "Mozilla/5.0 (SecretPhone 9; Android 14) Mobile"),
        ("e1", "2001:db8:7:9::beef:1", "Mozilla/5.0 (SecretPhone 9; Android 14) Mobile"),
    ]
    assert deployment.lake_rows("events.events", "device_class, network_prefix") == [
        ("phone", "198.18.7.0/24"),
        ("phone", "2001:db8:7::/48"),
    ]


def test_the_vault_keeps_only_events_that_have_an_identifier(deployment):
    event = {"event_type": "play", "event_at": "2026-01-05T10:00:00Z"}
    event |= {"received_at": event["event_at"]}
    rows = [event | {"event_id": "e1"}, event | {"event_id": "e2", "ip_address": "198.18.0.1"}]
    deployment.land("events/events/e.jsonl", "\n".join(json.dumps(row) for row in rows))
    deployment.ingest()
    assert len(deployment.lake_rows("events.events")) == 2
    [row] = deployment.lake_rows("restricted.events_events")
    assert (row[0], row[-1]) == ("e2", 2)


def test_a_reason_names_the_column_and_withholds_the_value(deployment):
    deployment.land(f"{NAME}.csv", as_csv(ADA | {"birth_date": "soon", "country_code": ""}))
    deployment.ingest()
    assert deployment.ledger("quarantine", "reason") == [
        ("birth_date: value withheld, is not of type date (2026-01-31)",)
    ]


def test_faults_of_a_killed_run_are_gone_when_the_contract_no_longer_finds_them(deployment):
    path = deployment.land(f"{NAME}.csv", as_csv(ADA))
    [loaded] = deployment.ingest().loaded
    key = loaded.file.file_key(loaded.file.content_sha256())
    lake = deployment.paths.lake
    (lake / f"_manifest/{key}.parquet").unlink()
    texts = lake / f"restricted/quarantined_texts/batch_month=2026-06/{key}.parquet"
    texts.parent.mkdir(parents=True)
    for leftover in (texts, lake / f"_quarantine/{key}.parquet"):
        leftover.write_bytes(path.read_bytes())
    assert len(deployment.ingest().loaded) == 1
    assert not texts.exists()
    assert not (lake / f"_quarantine/{key}.parquet").exists()


FIELD = st.one_of(
    st.none(), st.sampled_from(["Ada", "a@example.com", "1990-12-10", "soon", "9999-12-31", " "])
)
ROW = st.fixed_dictionaries(
    {"customer_id": st.one_of(st.none(), st.sampled_from(["c1", "c2"]))},
    optional={"full_name": FIELD, "email": FIELD, "birth_date": FIELD, "gender": FIELD},
)


@given(st.lists(ROW, max_size=12))
def test_every_landed_row_is_loaded_on_both_sides_or_quarantined(tmp_path_factory, rows):
    deployment = deployment_in(tmp_path_factory.mktemp("law"))
    deployment.land(f"{NAME}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    [loaded] = deployment.ingest().loaded
    assert loaded.landed_row_count == len(rows)
    plain = deployment.lake_rows("crm.customers")
    vault = deployment.lake_rows("restricted.crm_customers")
    texts = deployment.lake_rows("restricted.quarantined_texts")
    assert len(plain) == len(vault) == loaded.loaded_row_count
    assert len(texts) == loaded.quarantined_row_count == len(rows) - len(plain)
    # The same records on both sides, under the same key.
    both = {row[-1]: row[0] for row in plain}
    assert both == {row[-1]: row[0] for row in vault}
    assert sorted([*both, *(row[1] for row in texts)]) == list(range(1, len(rows) + 1))
    emails = {row[-1]: row[2] for row in vault}
    assert all((row[5] is None) == (not (emails[row[-1]] or "").strip()) for row in plain)
