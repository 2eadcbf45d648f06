"""Very many files, and a very large one: all rows are accounted for, and memory stays bounded."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import repeat
from resource import struct_rusage

import pytest

from marquee.engine import connect
from tests.python.conftest import HASH_KEY, PROJECT, Deployment

pytestmark = pytest.mark.long

FILES = 10_000
ROWS = 5
"""In each of many files; the last one of every tenth file is faulty."""
LARGE_BYTES = 2 << 30
MEMORY = "1GB"
MANY_FILES_BYTES = 1 << 30
LARGE_FILE_BYTES = 3 << 30
"""What the process may take at its peak: the engine's share, and what Python and readers hold."""


def ingest_apart(deployment: Deployment) -> struct_rusage:
    """Ingest in a process of its own; returns what it took."""
    environment = deployment.paths.environment() | {
        "MARQUEE_HASH_KEY": HASH_KEY,
        "MARQUEE_MEMORY": MEMORY,
        "PYTHONPATH": str(PROJECT / "src"),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "marquee", "ingest"],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage


def accounts(deployment: Deployment) -> tuple[int, ...]:
    """Files, and rows: landed, loaded, quarantined, and those that stand in the lake."""
    with connect() as connection:
        found = connection.execute(
            "select count(*), sum(landed_row_count)::bigint, sum(loaded_row_count)::bigint, "
            f"sum(quarantined_row_count)::bigint from {deployment.lake.manifest()}"
        ).fetchone()
        tables = [deployment.lake.contract.table("social", name) for name in ("ratings", "tags")]
        counts = [
            connection.execute(f"select count(*) from {deployment.lake.files(table)}").fetchone()
            for table in tables
        ]
    return (*found, sum(count for (count,) in counts))


def land_many(deployment: Deployment, file_count: int) -> None:
    for number in range(file_count):
        seconds = [f"{second:02d}" for second in range(ROWS)]
        day = f"2026-01-{1 + number % 28:02d}"
        if number % 10 == 0:
            seconds[-1] = "xx"
        if number % 2:
            rows = [f"c{number},t{s},4.5,{day} 10:00:{s}" for s in seconds]
            content = "\n".join(["customer_id,title_id,rating_value,rated_at", *rows])
            deployment.land(f"social/ratings/{number:05d}.csv", content)
        else:
            rows = [
                f'{{"customer_id":"c{number}","title_id":"t{s}","tag_text":"x",'
                f'"tagged_at":"{day}T10:00:{s}Z"}}'
                for s in seconds
            ]
            deployment.land(f"social/tags/{number:05d}.jsonl", "\n".join(rows))


def land_large(deployment: Deployment, name: str, byte_count: int) -> int:
    """Land one file of at least so many bytes; returns its rows."""
    header, row = {
        "csv": ("customer_id,title_id,rating_value,rated_at\n", "c{0},t{0},4.5,{1}\n"),
        "jsonl": (
            "",
            '{{"customer_id":"c{0}","title_id":"t{0}","rating_value":4.5,"rated_at":"{1}"}}\n',
        ),
    }[name.rpartition(".")[2]]
    rows = "".join(
        row.format(number, f"2026-01-{1 + number % 28:02d}T10:00:{number % 60:02d}Z")
        for number in range(100_000)
    ).encode()
    times = -(-byte_count // len(rows))
    path = deployment.land(name, header)
    with path.open("ab") as file:
        for block in repeat(rows, times):
            file.write(block)
    return times * 100_000


@pytest.fixture
def roomy(deployment: Deployment) -> Iterator[Deployment]:
    """A deployment whose files are removed at once, not with those of the next runs."""
    deployment.ingest()
    yield deployment
    shutil.rmtree(deployment.paths.home)


def test_ten_thousand_files_are_accounted_for_in_little_memory(roomy: Deployment):
    land_many(roomy, FILES)
    usage = ingest_apart(roomy)
    faulty = FILES // 10
    loaded = FILES * ROWS - faulty
    assert accounts(roomy) == (FILES, FILES * ROWS, loaded, faulty, loaded)
    assert usage.ru_maxrss * 1024 < MANY_FILES_BYTES


@pytest.mark.parametrize("name", ["social/ratings/large.csv", "social/ratings/large.jsonl"])
def test_a_file_larger_than_the_memory_is_loaded(roomy: Deployment, name: str):
    row_count = land_large(roomy, name, LARGE_BYTES)
    usage = ingest_apart(roomy)
    assert accounts(roomy) == (1, row_count, row_count, 0, row_count)
    assert usage.ru_maxrss * 1024 < LARGE_FILE_BYTES
