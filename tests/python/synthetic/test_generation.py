"""A world as a whole: the same arguments, the same bytes, and nothing overwritten silently."""

from __future__ import annotations

import csv
import gzip
import hashlib
import ipaddress
import json
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from marquee.synthetic import SyntheticConfiguration, generate
from marquee.synthetic.vocabulary import SEGMENTS

from .conftest import World

PROJECT = Path(__file__).resolve().parents[3]
TINY = SyntheticConfiguration(
    scale=0.001, days=20, end_date=date(2026, 3, 10), extract_interval_days=7
)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_equal_arguments_give_equal_bytes_and_replace_files(tmp_path: Path) -> None:
    first = generate(TINY, tmp_path / "first")
    before = digests(tmp_path / "first")
    generate(TINY, tmp_path / "second")
    assert before == digests(tmp_path / "second")
    assert first == generate(TINY, tmp_path / "first")
    assert before == digests(tmp_path / "first")


def test_other_seeds_give_other_events_customers_and_titles(tmp_path: Path) -> None:
    generate(TINY, tmp_path / "first")
    generate(replace(TINY, seed=8), tmp_path / "second")
    first, second = digests(tmp_path / "first/landing"), digests(tmp_path / "second/landing")
    for name in first.keys() & second.keys():
        # Prices are the same everywhere.
        assert (first[name] == second[name]) == name.startswith("billing/plans"), name


def test_files_of_other_arguments_are_kept_and_the_remedy_is_told(tmp_path: Path) -> None:
    generate(TINY, tmp_path)
    before = digests(tmp_path)
    with pytest.raises(ValueError, match=r"remove the folders .*landing and .*truth"):
        generate(replace(TINY, seed=8), tmp_path)
    assert digests(tmp_path) == before


def test_landing_files_of_unknown_origin_are_kept(tmp_path: Path) -> None:
    mine = tmp_path / "landing" / "crm" / "customers" / "customers_2026-01-31.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("customer_id\nc1\n")
    with pytest.raises(ValueError, match="holds files that these arguments did not make"):
        generate(TINY, tmp_path)
    assert mine.read_text() == "customer_id\nc1\n"
    # Empty folders, as marquee init makes them, are nobody's files.
    mine.unlink()
    generate(TINY, tmp_path)


def test_a_killed_run_can_be_repeated(tmp_path: Path) -> None:
    generate(TINY, tmp_path)
    before = digests(tmp_path)
    victim = next((tmp_path / "landing/events/events").iterdir())
    victim.rename(victim.with_name(f".{victim.name}.partial"))
    generate(TINY, tmp_path)
    assert digests(tmp_path) == before


def test_other_faults_change_no_event_that_stays_whole(tmp_path: Path) -> None:
    generate(TINY, tmp_path / "first")
    generate(replace(TINY, resent_file_count=0), tmp_path / "second")
    first, second = digests(tmp_path / "first/landing"), digests(tmp_path / "second/landing")
    assert second.items() < first.items()


def test_summary_counts_what_lies_there(world: World) -> None:
    files = [path for path in world.landing.rglob("*") if path.is_file()]
    assert world.summary.file_count == len(files)
    assert world.summary.byte_count == sum(path.stat().st_size for path in files)
    assert world.summary.customer_count == 1_000
    assert world.summary.title_count == 500
    assert world.summary.row_counts["events.events"] == sum(
        1 for _, _, line in world.event_lines(with_resent=True) if line
    )


def landed_columns() -> dict[str, set[str]]:
    """Return what may land for each table, as the YAML says it."""
    documents = [
        yaml.safe_load(path.read_text())
        for folder in ("staging", "restricted")
        for path in (PROJECT / "models" / folder).rglob("_*__sources.yml")
    ]
    tables = [(s["name"], t) for each in documents for s in each["sources"] for t in s["tables"]]
    known: dict[str, set[str]] = {}
    for source_name, table in tables:
        meta = table["config"]["meta"]
        own = {c["name"] for c in table["columns"] if "derivation" not in c["config"]["meta"]}
        if "vault_of" in meta:
            known.setdefault(meta["vault_of"], set()).update(own)
        elif "child_of" in meta:
            known.setdefault(f"{source_name}.{meta['child_of']}", set()).add(meta["list_column"])
        elif meta["load"] != "internal":
            known.setdefault(f"{source_name}.{table['name']}", set()).update(own)
    return {name: columns for name, columns in known.items() if not name.startswith("marquee.")}


def test_every_table_of_the_contract_gets_files_and_no_other(world: World) -> None:
    assert set(world.summary.row_counts) == set(landed_columns())
    assert all(world.summary.row_counts.values())


def test_landed_columns_are_those_of_the_contract(world: World) -> None:
    # Nothing comes late by much in opinions; watch is what other services have instead of plays.
    untold = {"events.events": {"watched_ms"}, "social.tags": {"received_at"}}
    for name, known in landed_columns().items():
        folder = world.landing.joinpath(*name.split("."))
        found = set().union(*(columns_of(path) for path in folder.iterdir()))
        assert found - known == ({"player_build"} if name == "events.events" else set())
        assert known - found == untold.get(name, set())


def columns_of(path: Path) -> set[str]:
    if path.suffix == ".parquet":
        return set(pq.read_schema(path).names)
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = content.decode(errors="replace")
    if ".csv" in path.name:
        return set(text.partition("\n")[0].split(","))
    lines = [line for line in text.split("\n") if line.endswith("}")]
    return set().union(*(json.loads(line) for line in lines))


def test_the_truth_does_not_leak_into_what_lands(world: World) -> None:
    hidden = {"segment", "sentiment", "hazard", "affinity", "taste", "naming", "quality"}
    segments = [name.encode() for name in SEGMENTS if " " in name]
    for path in world.landing.rglob("*"):
        if path.is_file():
            assert not columns_of(path) & hidden, path
            raw = path.read_bytes()
            content = gzip.decompress(raw) if path.suffix == ".gz" else raw
            assert not any(name in content for name in segments), path


def test_the_table_of_places_knows_most_addresses(world: World) -> None:
    with (world.summary.out / "places.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["network", "country_code", "region_name", "city_name", "time_zone"]
    networks = [ipaddress.ip_network(row["network"]) for row in rows]
    assert {network.version for network in networks} == {4, 6}
    for version in (4, 6):
        own = sorted(network for network in networks if network.version == version)
        assert not any(a.overlaps(b) for a, b in pairwise(own))
    # Every tenth: the obvious search is slow.
    addresses = sorted({event["ip_address"] for event in world.events})[::10]
    found = {}
    for text in addresses:
        address = ipaddress.ip_address(text)
        places = (row for net, row in zip(networks, rows, strict=True) if address in net)
        found[text] = next(places, None)
    known = sum(row is not None for row in found.values()) / len(found)
    assert 0.8 < known < 0.98
    ranges = [
        ipaddress.ip_network(text)
        for text in (
            "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "10.0.0.0/8",
            "2001:db8::/32",
        )
    ]  # fmt: skip
    assert all(any(ipaddress.ip_address(text) in net for net in ranges) for text in addresses)
    country = {row["customer_id"]: row["country_code"] for row in world.truth_rows("customers")}
    at_home = [
        found[event["ip_address"]]["country_code"] == country[event["customer_id"]]
        for event in world.events
        if found.get(event["ip_address"]) and event.get("customer_id") in country
    ]
    assert np.mean(at_home) > 0.7
