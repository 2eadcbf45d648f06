"""What must hold for every file: nothing lost, nothing twice, nothing half-read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.python.conftest import PROJECT, Deployment, deployment_in

EVENT = {
    "event_id": "e1",
    "customer_id": "c1",
    "title_id": "t1",
    "event_type": "watch",
    "device_class": "tv",
    "watched_ms": 60_000,
    "event_at": "2026-01-05T10:00:00Z",
    "received_at": "2026-01-05T10:00:01Z",
}
GOOD = json.dumps(EVENT)
FAULTS = {
    GOOD[:40]: "the line is not valid JSON",
    "[1, 2]": "the line is not a JSON object",
    '"text"': "the line is not a JSON object",
    json.dumps(EVENT | {"watched_ms": "abc"}): "watched_ms: 'abc' is not of type bigint",
    json.dumps(EVENT | {"event_at": "yesterday"}): (
        "event_at: 'yesterday' is not of type timestamp(6)"
    ),
    json.dumps(EVENT | {"event_type": "zap"}): "event_type: 'zap' is none of click, watch",
    json.dumps(EVENT | {"customer_id": None}): "customer_id: is missing",
    json.dumps(EVENT | {"watched_ms": -1}): "watched_ms: '-1' is below 0",
    json.dumps({"unrelated": 1}): (
        "event_id: is missing; customer_id: is missing; title_id: is missing; "
        "event_type: is missing; event_at: is missing; received_at: is missing"
    ),
}


def state(deployment: Deployment) -> dict[str, list[tuple]]:
    """Everything in the lake but clock times."""
    tables = {
        table.full_name: deployment.lake_rows(table.full_name)
        for table in deployment.lake.contract.all()
        if table.source != "marquee"
    }
    manifest = (
        "file_key, source_name, table_name, file_name, file_format, content_sha256, lake_path, "
        "byte_count, landed_row_count, loaded_row_count, quarantined_row_count, load_id, "
        "extract_date, first_event_at, last_event_at"
    )
    return tables | {
        "manifest": deployment.ledger("manifest", manifest),
        "quarantine": deployment.ledger("quarantine", "*"),
    }


def test_each_fault_is_quarantined_with_line_text_and_reason(deployment):
    lines = [GOOD]
    for fault in FAULTS:
        lines += [fault, "", GOOD]
    deployment.land("events/events/events.jsonl", "\n".join(lines))
    report = deployment.ingest()
    [loaded] = report.loaded
    assert loaded.quarantined_row_count == len(FAULTS)
    assert loaded.landed_row_count == 2 * len(FAULTS) + 1
    found = deployment.ledger("quarantine", "line_number, raw_text, reason, file_name")
    assert found == [
        (2 + 3 * place, fault, reason, "events/events/events.jsonl")
        for place, (fault, reason) in enumerate(FAULTS.items())
    ]


def test_bytes_that_are_no_utf8_are_kept_readable(deployment):
    content = GOOD.encode() + b'\n{"event_id": "caf\xe9"}\n'
    deployment.land("events/events/events.jsonl", content)
    deployment.ingest()
    assert deployment.ledger("quarantine", "line_number, raw_text, reason") == [
        (2, '{"event_id": "caf\\xe9"}', "the line is not UTF-8")
    ]


def test_a_stray_quote_costs_its_own_line_only(deployment):
    lines = ["customer_id,title_id,tag_text,tagged_at"]
    lines += [f'c{n},t1,"two\nlines, {n}",2026-01-05T10:00:00Z' for n in range(3)]
    lines += ['c3,t1,"never closed,2026-01-05T10:00:00Z']
    lines += [f"c{n},t1,plain,2026-01-05T10:00:00Z" for n in range(4, 8)]
    lines += ['c8,t1,5" disc,2026-01-05T10:00:00Z']
    deployment.land("social/tags/tags.csv", "\n".join(lines) + "\n")
    deployment.ingest()
    rows = deployment.lake_rows("social.tags")
    assert [(row[0], row[3]) for row in rows] == [
        *[(f"c{n}", f"two\nlines, {n}") for n in range(3)],
        *[(f"c{n}", "plain") for n in range(4, 8)],
        ("c8", '5" disc'),
    ]
    assert deployment.ledger("quarantine", "row_number, line_number, raw_text") == [
        (4, 8, lines[4])
    ]


@given(st.lists(st.sampled_from(["", GOOD, *FAULTS]), max_size=30), st.booleans())
def test_landed_is_loaded_plus_quarantined(tmp_path_factory, lines, ends):
    deployment = deployment_in(tmp_path_factory.mktemp("law"))
    deployment.land("events/events/events.jsonl", "\n".join(lines) + ("\n" if ends else ""))
    [loaded] = deployment.ingest().loaded
    assert loaded.landed_row_count == sum(line != "" for line in lines)
    assert (
        loaded.loaded_row_count == lines.count(GOOD) == len(deployment.lake_rows("events.events"))
    )
    quarantined = deployment.ledger("quarantine", "raw_text")
    assert sorted(text for (text,) in quarantined) == sorted(x for x in lines if x in FAULTS)


def test_the_same_content_counts_once_under_any_name(deployment):
    path = deployment.land("events/events/a.jsonl", f"{GOOD}\n{GOOD[:9]}\n")
    deployment.ingest()
    before = state(deployment)
    for name in ("a.jsonl", "b.jsonl", "sub/c.jsonl"):
        deployment.land(f"events/events/{name}", path.read_bytes())
        report = deployment.ingest()
        assert not report.loaded
        assert state(deployment) == before


def test_a_state_that_goes_back_ends_where_it_went(deployment):
    for day, country in ((1, "DE"), (2, "FR"), (3, "DE")):
        deployment.land(
            f"crm/customers/customers_2026-01-0{day}.csv",
            f"customer_id,country_code\nc1,{country}\n",
        )
    assert len(deployment.ingest().loaded) == 3
    dates = deployment.ledger("manifest", "extract_date, load_id")
    assert [(date.day, load_id) for date, load_id in dates] == [(1, 1), (2, 2), (3, 3)]


def test_load_ids_rise_without_gaps_over_runs(deployment):
    for day in range(1, 4):
        event = EVENT | {"event_id": f"e{day}"}
        deployment.land(f"events/events/{day}.jsonl", json.dumps(event))
        deployment.ingest()
    assert deployment.ledger("manifest", "load_id") == [(1,), (2,), (3,)]


KILLER = """
import os, sys
from pathlib import Path
from marquee.contract import load_contract
from marquee.ingest import Lake, ingest, lake, loading

home, step, moment = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

def dying(publish, calls=[]):
    def publish_file(source, target):
        calls.append(target)
        if len(calls) > step and moment == "before":
            os._exit(9)
        publish(source, target)
        if len(calls) > step:
            os._exit(9)
    return publish_file

loading.publish_file = dying(lake.publish_file)
ingest(home / "landing", Lake(home / "lake", load_contract(Path.cwd())), lambda _: None)
"""


def two_faulty_files(home: Path) -> Deployment:
    deployment = deployment_in(home)
    deployment.ingest()
    deployment.land("events/events/a.jsonl", f"{GOOD}\n{GOOD[:9]}\n")
    deployment.land(
        "dam/titles/titles_2026-01-31.csv",
        "title_id,title_name,genres,tags\nt1,One,Drama|Comedy,slow\nt2,Two\n",
    )
    return deployment


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[str, list[tuple]]:
    deployment = two_faulty_files(tmp_path_factory.mktemp("undisturbed"))
    deployment.ingest()
    return state(deployment)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", range(9))
def test_a_kill_at_any_point_and_a_second_run_end_alike(tmp_path, undisturbed, step, moment):
    """Every rename is a point to die at, just before and just after it."""
    deployment = two_faulty_files(tmp_path)
    command = [sys.executable, "-c", KILLER, str(tmp_path), str(step), moment]
    code = subprocess.run(command, cwd=PROJECT, check=False).returncode
    # Eight renames: titles, genres, tags, quarantine, manifest; events, quarantine, manifest.
    assert code == (9 if step < 8 else 0)
    renames_done = step + (moment == "after")
    assert len(state(deployment)["manifest"]) == (renames_done >= 5) + (renames_done >= 8)
    deployment.ingest()
    assert state(deployment) == undisturbed
    assert not any(deployment.paths.lake.glob("_work/*"))


def test_what_was_planted_is_found_to_the_row(deployment):
    deployment.generate(scale=0.01, days=40)
    deployment.ingest()
    planted = json.loads((deployment.paths.home / "truth" / "planted.json").read_text())
    found = {
        row[0]: row[1:]
        for row in deployment.ledger(
            "manifest",
            "file_name, landed_row_count, loaded_row_count, quarantined_row_count",
        )
    }
    files = [file for file in planted["files"] if file["copy_of"] is None]
    assert len(found) == len(files)
    assert sum(file["quarantined_row_count"] for file in files) > 20
    for file in files:
        name = f"{file['source_name']}/{file['table_name']}/{file['file_name']}"
        landed, loaded, quarantined = found[name]
        assert landed == loaded + quarantined == file["landed_row_count"], file
        assert quarantined == file["quarantined_row_count"], file
