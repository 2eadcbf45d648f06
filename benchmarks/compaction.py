"""Thousands of small landed files before and after `marquee compact`: what reading them costs.

`make benchmark-compaction` runs it. `FILES` says how many files of events land (2,400), over twelve
months. A reading is a process of its own; the cheapest of three counts, when the files are in
memory.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from cost import Cost, measure, table
from service import environment_of

FILES = int(os.environ.get("FILES", "2400"))
MONTHS = 12
EVENTS_A_FILE = 100
REPEATS = 3

MARQUEE = [sys.executable, "-m", "marquee"]
REMOVE = """
from marquee.ingest.compaction import compact
from marquee.paths import Paths
from marquee.pipeline import open_lake
compact(open_lake(Paths.from_environment()), grace_seconds=0)
"""
"""At once, and not after the hour that readers are given."""

READ = """
import sys
from marquee.engine import connect
connection = connect()
connection.execute("set threads = 2")
for statement in sys.argv[1:]:
    connection.execute(statement)
"""
MANIFEST = (
    "create table manifest as select coalesce(generation_key, file_key) as generation_key "
    "from read_parquet('{lake}/_manifest/*.parquet', union_by_name = true)"
)
ROWS = (
    "from read_parquet('{lake}/events/events/*/*.parquet', union_by_name = true, "
    "hive_partitioning = false) as events inner join manifest "
    "on events._file_key = manifest.generation_key"
)
READINGS = {
    "the manifest alone": "select count(*) from manifest",
    "count of all events": f"select count(*) {ROWS}",
    "all events, four columns": (
        f"select sum(hash(event_id, customer_id, title_id, event_at)) {ROWS}"
    ),
    "events of one day": (
        f"select count(distinct customer_id) {ROWS} "
        "where event_at >= timestamp '2025-03-05' and event_at < timestamp '2025-03-06'"
    ),
}


def main() -> None:
    """Land, ingest, read, compact, read again."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        environment, lake = environment_of(home), home / "lake"
        land(home / "landing" / "events" / "events")
        ingested = measure("`marquee ingest`", [*MARQUEE, "ingest"], environment)
        print("# Small files before and after `marquee compact`\n")
        print(
            f"{FILES:,} landed files of {EVENTS_A_FILE} events each, over {MONTHS} months; made by "
            "`make benchmark-compaction`. Each reading is a process that reads the manifest into a "
            "table and then the rows, as a build does; the cheapest of three, on two threads.\n"
        )
        print(f"## Before: {_files(lake)}\n")
        print(table([ingested, *readings(environment, lake)]))
        compacted = measure("`marquee compact`", [*MARQUEE, "compact"], environment)
        measure("removal", [sys.executable, "-c", REMOVE], environment)
        print(f"\n## After: {_files(lake)}\n")
        print(table([compacted, *readings(environment, lake)]))


def land(folder: Path) -> None:
    """Write files of events, each of one day."""
    folder.mkdir(parents=True)
    for number in range(FILES):
        month, day = 1 + number % MONTHS, 1 + number // MONTHS % 28
        events = [
            {
                "event_id": f"e{number}-{place}",
                "customer_id": f"c{(number * 7 + place) % 5000}",
                "title_id": f"t{place % 50}",
                "event_type": "play",
                "event_at": f"2025-{month:02}-{day:02}T{place % 24:02}:00:00Z",
                "received_at": f"2025-{month:02}-{day:02}T{place % 24:02}:00:05Z",
            }
            for place in range(EVENTS_A_FILE)
        ]
        (folder / f"{number:06}.jsonl").write_text("\n".join(map(json.dumps, events)))


def readings(environment: dict[str, str], lake: Path) -> list[Cost]:
    """What each reading costs."""
    found = []
    for name, query in READINGS.items():
        statements = [text.format(lake=lake) for text in (MANIFEST, query)]
        command = [sys.executable, "-c", READ, *statements]
        costs = [measure(name, command, environment) for _ in range(REPEATS)]
        found.append(min(costs, key=lambda cost: cost.cpu_seconds))
    return found


def _files(lake: Path) -> str:
    sizes = [path.stat().st_size for path in (lake / "events/events").rglob("*.parquet")]
    return f"{len(sizes):,} files of events, {sum(sizes):,} bytes"


if __name__ == "__main__":
    main()
