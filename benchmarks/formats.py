"""One batch of events in every format and codec: bytes, and what writing and ingesting it costs.

`make benchmark-formats` runs it. `EVENTS` says how many rows (a million). Each ingestion is a
process of its own, into a lake of its own; its cost is that of `marquee ingest` less that of a run
that finds nothing.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
from cost import PROJECT, measure
from service import environment_of

from marquee.engine import connect

# What writes the formats stands with the tests that hold them against each other.
sys.path.insert(0, str(PROJECT))
from tests.python.ingest import batches
from tests.python.ingest.sequence_writer import zstd

EVENTS = int(os.environ.get("EVENTS", "1000000"))
BASE = "parquet zstd"
SESSION_EVENTS = 20

ROWS = f"""
    select
        format('e{{:012d}}', n) as event_id,
        format('c{{:06d}}', hash(n // {SESSION_EVENTS}) % 50000) as customer_id,
        case when n % 3 = 0 then format('p{{:06d}}', hash(n // {SESSION_EVENTS}) % 90000) end
            as profile_id,
        format('d{{:06d}}', hash(n // {SESSION_EVENTS}) % 120000) as device_id,
        format('t{{:05d}}', hash(n // 10) % 5000) as title_id,
        ['play', 'heartbeat', 'heartbeat', 'heartbeat', 'pause', 'stop'][1 + n % 6] as event_type,
        cast(null as varchar) as search_text,
        '5.' || hash(n // {SESSION_EVENTS}) % 9 || '.1' as app_version,
        cast(hash(n) % 7200000 as bigint) as position_ms,
        cast(case when n % 6 = 1 then 4000 + hash(n) % 4000 end as bigint) as bitrate_kbps,
        timestamp '2026-01-05' + interval (n * 37) milliseconds + interval (hash(n) % 1000)
            microseconds as event_at,
        timestamp '2026-01-05' + interval (n * 37 + 1500) milliseconds as received_at
    from range({EVENTS}) as numbers (n)
    order by n
"""
"""Events without direct identifiers: what is derived from those has costs of its own."""

WRITERS: dict[str, tuple[str, Callable[[pa.Table], bytes]]] = {
    "csv": (".csv", batches.as_csv),
    "csv gzip": (".csv.gz", lambda rows: gzip.compress(batches.as_csv(rows), 6)),
    "csv zstd": (".csv.zst", lambda rows: zstd(batches.as_csv(rows))),
    "json lines": (".jsonl", batches.as_json_lines),
    "json lines gzip": (".jsonl.gz", lambda rows: gzip.compress(batches.as_json_lines(rows), 6)),
    "json lines zstd": (".jsonl.zst", lambda rows: zstd(batches.as_json_lines(rows))),
    "parquet snappy": (".parquet", partial(batches.as_parquet, compression="snappy")),
    "parquet gzip": (".parquet", partial(batches.as_parquet, compression="gzip")),
    BASE: (".parquet", partial(batches.as_parquet, compression="zstd")),
    "orc zlib": (".orc", partial(batches.as_orc, compression="zlib")),
    "orc snappy": (".orc", partial(batches.as_orc, compression="snappy")),
    "orc zstd": (".orc", partial(batches.as_orc, compression="zstd")),
    "avro deflate": (".avro", partial(batches.as_avro, codec="deflate")),
    "avro snappy": (".avro", partial(batches.as_avro, codec="snappy")),
    "avro zstandard": (".avro", partial(batches.as_avro, codec="zstandard")),
    "sequence file": (".seq", batches.as_sequence_file),
    "sequence file, records gzip": (
        ".seq",
        partial(batches.as_sequence_file, codec="GzipCodec"),
    ),
    "sequence file, blocks snappy": (
        ".seq",
        partial(batches.as_sequence_file, codec="SnappyCodec", by_block=True),
    ),
    "sequence file, blocks zstd": (
        ".seq",
        partial(batches.as_sequence_file, codec="ZStandardCodec", by_block=True),
    ),
}


@dataclass(frozen=True)
class Measured:
    """What one format and codec took."""

    name: str
    byte_count: int
    write_seconds: float
    read_seconds: float


def main() -> None:
    """Measure each, and print the table."""
    with connect() as connection:
        rows = connection.execute(ROWS).to_arrow_table()
    idle = ingested("nothing", None)
    found = [measured(name, rows, idle) for name in WRITERS]
    print(report(found))


def measured(name: str, rows: pa.Table, idle: float) -> Measured:
    """Write the rows, and ingest them."""
    suffix, write = WRITERS[name]
    started = time.process_time()
    content = write(rows)
    seconds = time.process_time() - started
    read_seconds = ingested(name, (f"events{suffix}", content)) - idle
    return Measured(name, len(content), seconds, read_seconds)


def ingested(name: str, file: tuple[str, bytes] | None) -> float:
    """CPU seconds of a run of ingestion that finds this file, all of whose rows must be loaded."""
    home = Path(tempfile.mkdtemp(prefix="marquee-formats-"))
    environment = environment_of(home) | {
        "MARQUEE_HASH_KEY": "no identifier is in these rows, but there has to be a key",
    }
    command = [sys.executable, "-m", "marquee"]
    try:
        measure("init", [*command, "init"], environment)
        if file:
            path = home / "landing" / "events" / "events" / file[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file[1])
        seconds = measure(name, [*command, "ingest"], environment).cpu_seconds
        with connect() as connection:
            pattern = home / "lake" / "_manifest" / "*.parquet"
            (loaded,) = connection.execute(
                f"select coalesce(sum(loaded_row_count), 0) from read_parquet('{pattern}')"
            ).fetchall()[0]
        assert loaded == (EVENTS if file else 0), f"{name}: {loaded} rows of {EVENTS} were loaded"
    finally:
        shutil.rmtree(home)
    return seconds


def report(found: list[Measured]) -> str:
    """The measurements as a page."""
    base = next(one for one in found if one.name == BASE)
    lines = [
        "# Formats",
        "",
        f"{EVENTS:,} events of 12 columns in each format and codec, by `make benchmark-formats`: "
        "CPU seconds of one writer in Python, and of `marquee ingest` from the landed file to the "
        f"lake (less a run that finds nothing). The factor is that of reading {BASE}.",
        "",
        "| format | MiB | bytes a row | write CPU s | ingest CPU s | factor |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        factor = one.read_seconds / base.read_seconds
        lines.append(
            f"| {one.name} | {one.byte_count / 2**20:.1f} | {one.byte_count / EVENTS:.0f} "
            f"| {one.write_seconds:.1f} | {one.read_seconds:.1f} | {factor:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
