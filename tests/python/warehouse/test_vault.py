"""The vault of a built deployment: complete, and nowhere else."""

import csv
import gzip
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pyarrow.parquet as pq
import pytest

from tests.python.conftest import PROJECT, Deployment
from tests.python.leaks import found_in

pytestmark = pytest.mark.slow

CONFIDENTIAL = ("landing/", "truth/", "lake/restricted/")
COUNTED = 250
"""Customers, and lines of events and posts, that get a value of their own."""
PLANTED = re.compile(r"zqx[nehuf][0-9]+q|2001:db8:5a51:[0-9a-f]+")


def sound(lines: list[bytes]) -> Iterator[tuple[int, dict]]:
    """The first lines that are JSON objects, with their places."""
    for place, line in enumerate(lines[:COUNTED]):
        with suppress(ValueError):
            yield place, json.loads(line)


def plant(deployment: Deployment) -> set[str]:
    """Put values that a search finds into the identifying columns of files that have landed.

    Returns:
        What PLANTED finds of each.
    """
    planted: set[str] = set()

    def value(kind: str, number: int) -> str:
        found = f"zqx{kind}{number}q"
        planted.add(found)
        return found.title()

    landing = deployment.paths.landing
    for path in sorted((landing / "crm" / "customers").iterdir()):
        with path.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        for number, row in enumerate(rows[:COUNTED]):
            row["full_name"] = f"Ruth {value('n', number)}"
            row["email"] = f"{value('e', number)}@example.org"
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    for path in sorted((landing / "events" / "events").iterdir()):
        lines = gzip.decompress(path.read_bytes()).splitlines()
        for number, event in sound(lines):
            event["user_agent"] = f"Mozilla/5.0 (Linux; Android 9; {value('u', number)} Mobile)"
            event["ip_address"] = f"2001:db8:5a51:{number + 1:x}::1"
            planted.add(f"2001:db8:5a51:{number + 1:x}")
            lines[number] = json.dumps(event).encode()
        path.write_bytes(gzip.compress(b"\n".join(lines)))
    for path in sorted((landing / "social" / "posts").iterdir()):
        lines = path.read_bytes().splitlines()
        for number, post in sound(lines):
            post["author_handle"] = f"@{value('h', number)}"
            lines[number] = json.dumps(post).encode()
        path.write_bytes(b"\n".join(lines))
    # Records that fit nowhere, with a name in each place that a message could tell.
    faulty = [f"Perdita {value('f', number)}" for number in range(5)]
    address = f"{value('f', 5)}@example.org"
    deployment.land(
        "crm/customers/customers_2026-06-29.csv",
        "customer_id,gender,full_name,email,birth_date\n"
        f"x1,{faulty[0]},{faulty[1]},{address},1990-01-01,\n"
        f"x2,female,{faulty[0]},{address},1990-01-01,surplus\n"
        f"x3,female,{faulty[2]},{address},{faulty[3]}\n",
    )
    deployment.land("crm/customers/headless_2026-06-28.csv", f"x4,{faulty[4]},{address}\n")
    return planted


def test_a_run_leaks_neither_key_nor_identifiers(deployment: Deployment):
    """A thousand planted values and the key, through every command, to every byte left behind."""
    deployment.generate(scale=0.003, days=20)
    planted = plant(deployment)
    assert len(planted) > 1000
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
    pattern = re.compile(f"{PLANTED.pattern}|{key}")
    places = [deployment.paths.home, PROJECT / "target", PROJECT / "logs"]
    assert found_in(places, pattern, CONFIDENTIAL) == set()
    # They were there to be found: in the vault, all but the header that was refused.
    assert found_in([deployment.paths.lake / "restricted"], pattern) == planted - {"zqxf4q"}


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
