"""The vault of a built deployment: complete, and nowhere else."""

import gzip
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.python.conftest import HASH_KEY, PROJECT, Deployment

pytestmark = pytest.mark.slow

DOMAIN = re.compile(rb"@example\.(?:com|org|net)", re.IGNORECASE)
LOCAL_PART = re.compile(rb"[\w.+-]+$")
IDENTIFYING = {"full_name", "email", "birth_date"}
CONFIDENTIAL = ("landing/", "truth/", "lake/restricted/")


def texts(path: Path) -> Iterator[bytes]:
    """What a file says, as it is and decompressed: no identifier may hide behind a codec."""
    content = path.read_bytes()
    yield content
    if path.suffix == ".gz":
        yield gzip.decompress(content)
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        assert not IDENTIFYING & set(table.column_names) or "restricted" in path.parts, path
        for column in table.columns:
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                yield "\n".join(filter(None, column.to_pylist())).encode()
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            columns = connection.execute(
                "select columns.schema_name, columns.table_name, column_name, columns.data_type "
                "from duckdb_columns() as columns inner join duckdb_tables() as tables "
                "using (database_name, schema_name, table_name) "
                "where not columns.internal and database_name = current_database()"
            ).fetchall()
            assert len(columns) > 50
            assert not IDENTIFYING & {name for _, _, name, _ in columns}
            for schema, table, name, data_type in columns:
                if data_type == "VARCHAR":
                    rows = connection.execute(
                        f'select "{name}" from "{schema}"."{table}" where "{name}" is not null'
                    ).fetchall()
                    yield "\n".join(row[0] for row in rows).encode()


def addresses(text: bytes) -> Iterator[str]:
    """All addresses in lower case; from their ends, because a search for starts is quadratic."""
    for domain in DOMAIN.finditer(text):
        local = LOCAL_PART.search(text[max(0, domain.start() - 80) : domain.start()])
        if local:
            yield (local[0] + domain[0]).decode().lower()


def found_in(folders: list[Path], needles: set[str], without: tuple[str, ...] = ()) -> set[str]:
    """Names, addresses and keys that any file below the folders holds."""
    emails = {needle.lower(): needle for needle in needles if "@" in needle}
    others = {needle.encode(): needle for needle in needles if "@" not in needle}
    found, seen = set(), set()
    for folder in folders:
        for path in folder.rglob("*"):
            place = path.relative_to(folder).as_posix()
            # Published files have two names.
            if path.is_file() and not place.startswith(without) and path.stat().st_ino not in seen:
                seen.add(path.stat().st_ino)
                for text in texts(path):
                    found |= {emails[address] for address in addresses(text) if address in emails}
                    found |= {others[needle] for needle in others if needle in text}
    return found


def identities(home: Path) -> set[str]:
    """All addresses, and the hundred longest names: short ones could stand anywhere.

    A customer who is called as an actor is would be found in the catalogue, rightly.
    """
    talents = {
        talent["talent_name"]
        for path in (home / "landing" / "dam").rglob("*.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
        for talent in json.loads(line)["talents"] or ()
    }
    assert talents
    truth = pq.read_table(home / "truth" / "customers.parquet", columns=["full_name", "email"])
    names = sorted({name for name in truth["full_name"].to_pylist() if name} - talents, key=len)
    return {email for email in truth["email"].to_pylist() if email} | set(names[-100:])


def test_identifiers_stand_in_the_vault_and_nowhere_else(built: Deployment):
    needles = identities(built.paths.home) | {HASH_KEY}
    assert found_in([built.paths.home], needles, CONFIDENTIAL) == set()
    # The search finds what is there, behind the codec of Parquet; the key was only lent.
    assert found_in([built.paths.lake / "restricted"], needles) == needles - {HASH_KEY}


def test_a_run_leaks_neither_key_nor_identifiers_of_faulty_records(deployment: Deployment):
    """With the key in the environment and records that fit nowhere, through every command."""
    deployment.generate(scale=0.002, days=20)
    secret = ("Perdita Wintergreen", "perdita.w@example.org")
    deployment.land(
        "crm/customers/customers_2026-06-29.csv",
        "customer_id,gender,full_name,email,birth_date\n"
        f"x1,{secret[0]},{secret[1]},1990-01-01,\n"
        f"x2,female,{secret[0]},{secret[1]},1990-01-01,surplus\n"
        f"x3,female,{secret[0]},{secret[1]},{secret[0]}\n",
    )
    deployment.land("crm/customers/headless_2026-06-28.csv", f"x4,{','.join(secret)}\n")
    key = secrets.token_hex(32)
    environment = {**os.environ, **deployment.paths.environment(), "MARQUEE_HASH_KEY": key}
    printed = deployment.paths.home / "printed.txt"
    for command in ("run", "status", "summary", "docs"):
        result = subprocess.run(
            [sys.executable, "-m", "marquee", command],
            env=environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == (3 if command == "run" else 0), result.stdout + result.stderr
        with printed.open("a") as file:
            file.write(result.stdout + result.stderr)
    assert "3 quarantined" in printed.read_text()
    needles = identities(deployment.paths.home) | {*secret, key}
    places = [deployment.paths.home, PROJECT / "target", PROJECT / "logs"]
    assert found_in(places, needles, CONFIDENTIAL) == set()
    # They were there to be found.
    assert {*secret} <= found_in([deployment.paths.lake / "restricted"], needles)


def test_restricted_identities_are_those_of_the_newest_extract(built: Deployment):
    truth = pq.read_table(
        built.paths.home / "truth" / "customers.parquet",
        columns=["customer_id", "full_name", "email", "birth_date"],
    ).to_pylist()
    rows = built.query(
        "select customer_id, full_name, email, birth_date from restricted.customer_identities"
    )
    assert sorted(rows) == sorted(tuple(row.values()) for row in truth)
    assert built.query("select count(*) from duckdb_tables() where schema_name = 'restricted'") == [
        (0,)
    ]


def test_every_loaded_customer_row_has_its_identity_row(built: Deployment):
    plain = built.lake_rows("crm.customers")
    vault = built.lake_rows("restricted.crm_customers")
    assert {(row[0], *row[-2:]) for row in plain} == {(row[0], *row[-2:]) for row in vault}
    assert len(plain) == len(vault) > 0


def test_band_and_hash_reach_the_customer_dimension(built: Deployment):
    [(customers, hashes, bands, lengths)] = built.query(
        "select count(*), count(distinct email_hash), count(distinct age_band), "
        "list(distinct length(email_hash)) filter (email_hash is not null) "
        "from enriched.dim_customers where not is_inferred"
    )
    assert 0.9 * customers < hashes < customers
    assert bands == 7
    assert lengths == [64]
