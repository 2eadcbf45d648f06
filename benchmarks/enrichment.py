"""What places, devices and apps cost at ingestion, beside the events' own scan.

``make benchmark-enrichment`` runs it. The same landed events are ingested twice: as they are, and
by a contract from which everything derived is taken away, so that both read, type, split and write
the same records. The mark: with 141,822 ranges at most 1.3 times the CPU seconds.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import numpy as np
from cost import PROJECT, measure, table

from marquee.contract import load_contract
from marquee.ingest import Lake, ingest
from marquee.ingest.places import open_places
from marquee.paths import Paths
from marquee.pipeline import initialise
from marquee.synthetic.vocabulary import USER_AGENTS

EVENTS = int(os.environ.get("EVENTS", "10_000_000"))
RANGES = 141_822
EVENTS_PER_FILE = 50_000
EVENTS_PER_ADDRESS = 10
"""In a file; the next one brings half of the addresses again. An invented service has 9."""
MARK = 1.3
FIRST, LAST = (int(ip_address(text)) for text in ("1.0.0.0", "9.255.255.255"))
"""Ranges are made of public addresses; some events come from where there is none."""


def write_ranges(path: Path) -> None:
    """Neighbouring ranges that fill half of the addresses."""
    step = (LAST - FIRST) // RANGES
    lines = ["start_address,end_address,country_code,region_name,city_name,time_zone"]
    for number in range(RANGES):
        start = FIRST + number * step
        lines.append(
            f"{ip_address(start)},{ip_address(start + step // 2)},C{number % 200},"
            f"Region {number % 3_000},City {number % 40_000},Zone {number % 400}"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_events(folder: Path) -> None:
    """Events of a day a file, each from one of a population of addresses."""
    numbers = np.random.default_rng(7)
    per_file = EVENTS_PER_FILE // EVENTS_PER_ADDRESS
    population = numbers.integers(FIRST, LAST, per_file + EVENTS // EVENTS_PER_ADDRESS)
    addresses = [str(ip_address(int(number))) for number in population]
    agents = [agent for _, _, agent in USER_AGENTS]
    folder.mkdir(parents=True)
    for first in range(0, EVENTS, EVENTS_PER_FILE):
        path = folder / f"{first // EVENTS_PER_FILE:04}.jsonl.gz"
        day = 1 + first // EVENTS_PER_FILE % 28
        start = first // EVENTS_PER_ADDRESS // 2
        chosen = numbers.integers(start, start + per_file, size=EVENTS_PER_FILE).tolist()
        with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as stream:
            for number in range(first, min(first + EVENTS_PER_FILE, EVENTS)):
                at = f"2026-01-{day:02}T{number % 24:02}:{number % 60:02}:00.{number % 1000:03}Z"
                record = {
                    "event_id": f"{number:032x}",
                    "customer_id": f"c{number % 100_000}",
                    "device_id": f"d{number % 150_000}",
                    "title_id": f"t{number % 5_000}",
                    "event_type": "heartbeat",
                    "app_version": "4.2.0",
                    "ip_address": addresses[chosen[number - first]],
                    "user_agent": agents[chosen[number - first] % len(agents)],
                    "position_ms": number % 7_200_000,
                    "event_at": at,
                    "received_at": at,
                }
                stream.write(json.dumps(record) + "\n")


def ingest_events(is_enriched: bool) -> None:
    """Ingest what has landed in the deployment of the environment, into a lake of its own."""
    paths = Paths.from_environment()
    contract = load_contract(paths.project)
    if not is_enriched:
        events = contract.table("events", "events")
        plain = tuple(column for column in events.columns if not column.derivation)
        tables = {**contract.tables, ("events", "events"): replace(events, columns=plain)}
        contract = replace(contract, tables=tables)
    lake = Lake(paths.lake, contract)
    initialise(paths, lake)
    report = ingest(paths.landing, lake, lambda _: None, open_places(paths))
    loaded = sum(file.loaded_row_count for file in report.loaded)
    if loaded != EVENTS:
        raise SystemExit(f"{loaded} of {EVENTS} events were loaded")


def main() -> None:
    """Print the figures as Markdown; exit with an error if the mark is missed."""
    home = Path(tempfile.mkdtemp(prefix="marquee-benchmark-"))
    try:
        write_ranges(home / "places.csv")
        write_events(home / "landing" / "events" / "events")
        costs = []
        for name in ("plain", "enriched"):
            environment = os.environ | {
                "MARQUEE_HOME": str(home),
                "MARQUEE_LAKE": str(home / name),
                "MARQUEE_PROJECT": str(PROJECT),
                "EVENTS": str(EVENTS),
            }
            costs.append(measure(name, [sys.executable, __file__, name], environment))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    plain, enriched = costs
    ratio = enriched.cpu_seconds / plain.cpu_seconds
    print(
        f"# Enrichment\n\n{EVENTS:,} events in files of {EVENTS_PER_FILE:,}, each from "
        f"{EVENTS_PER_FILE // EVENTS_PER_ADDRESS:,} addresses; {RANGES:,} ranges; places, network, "
        "device, system and app of each.\n\n"
        f"{table(costs)}\n\nEnriched is {ratio:.2f} times plain; the mark is {MARK}."
    )
    if ratio > MARK:
        raise SystemExit("the mark is missed")


if __name__ == "__main__":
    if sys.argv[1:]:
        ingest_events(sys.argv[1] == "enriched")
    else:
        main()
