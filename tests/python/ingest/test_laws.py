"""What must hold for every file: nothing lost, nothing twice, nothing half-read."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.python.conftest import HASH_KEY, PROJECT, Deployment, deployment_in, environment

EVENT = {
    "event_id": "e1",
    "customer_id": "c1",
    "title_id": "t1",
    "event_type": "watch",
    "user_agent": "Roku/DVP-12.0 (12.0.0.4182-88)",
    "ip_address": "198.18.7.9",
    "watched_ms": 60_000,
    "event_at": "2026-01-05T10:00:00Z",
    "received_at": "2026-01-05T10:00:01Z",
}
GOOD = json.dumps(EVENT)
FAULTS = {
    GOOD[:40]: "the line is not valid JSON",
    "[1, 2]": "the line is not a JSON object",
    '"text"': "the line is not a JSON object",
    # Events have a vault, so their reasons quote nothing.
    json.dumps(EVENT | {"watched_ms": "abc"}): "watched_ms: value withheld, is not of type bigint",
    json.dumps(EVENT | {"event_at": "yesterday"}): (
        "event_at: value withheld, is not of type timestamp(6) (2026-01-31T20:15:00Z)"
    ),
    json.dumps(EVENT | {"event_type": "zap"}): (
        "event_type: value withheld, is none of browse, search, impression, click, play, pause, "
        "seek, buffer, quality_change, ad_start, ad_end, error, stop, heartbeat, watch"
    ),
    json.dumps(EVENT | {"event_id": None}): "event_id: is missing",
    json.dumps(EVENT | {"watched_ms": -1}): "watched_ms: value withheld, is below 0",
    json.dumps(EVENT | {"event_at": "2026-01-05T11:00:01.000001Z"}): (
        "event_at: value withheld, is more than 60 minutes after received_at"
    ),
    json.dumps({"unrelated": 1}): (
        "event_id: is missing; event_type: is missing; event_at: is missing; "
        "received_at: is missing"
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
    found = deployment.quarantined("line_number, raw_text, reason, file_name")
    assert found == [
        (2 + 3 * place, fault, reason, "events/events/events.jsonl")
        for place, (fault, reason) in enumerate(FAULTS.items())
    ]


def test_bytes_that_are_no_utf8_are_kept_readable(deployment):
    content = GOOD.encode() + b'\n{"event_id": "caf\xe9"}\n'
    deployment.land("events/events/events.jsonl", content)
    deployment.ingest()
    assert deployment.quarantined("line_number, raw_text, reason") == [
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
    assert deployment.quarantined("row_number, line_number, raw_text") == [(4, 8, lines[4])]


RATINGS = "customer_id,title_id,rating_value,rated_at"
AT = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "odd",
    [f"c1,t1,4.5,{AT},", f'c1, "t,x",4.5,{AT}', f'c1,"t1" ,4.5,{AT}', f'c1,t1"x",4.5,{AT}'],
)
@pytest.mark.parametrize("fault", ["", f"c3,t3,9,{AT}", "c3,t3"])
def test_a_fault_never_changes_how_its_neighbours_are_read(deployment, odd, fault):
    """DuckDB and the grammar of records must agree on what is odd, or rows change places."""
    lines = [RATINGS, odd, f"c2,t2,4,{AT}", *([fault] if fault else []), f"c4,t4,3,{AT}"]
    deployment.land("social/ratings/ratings.csv", "\n".join(lines) + "\n")
    report = deployment.ingest()
    assert not report.rejected
    rows = {row[0]: row[-1] for row in deployment.lake_rows("social.ratings")}
    assert rows == {"c1": 1, "c2": 2, "c4": 4 if fault else 3}
    quarantined = deployment.quarantined("row_number, line_number, raw_text")
    assert quarantined == ([(3, 4, fault)] if fault else [])


def test_blank_lines_of_a_file_of_one_column_are_no_rows(deployment):
    deployment.land("crm/customers/customers_2026-01-01.csv", "customer_id\nc1\n\nc2\n")
    [loaded] = deployment.ingest().loaded
    assert (loaded.landed_row_count, loaded.quarantined_row_count) == (2, 0)


def test_mixed_line_ends_are_read(deployment):
    content = f"{RATINGS}\r\nc1,t1,4,{AT}\r\nc2,t2,4,{AT}\nc3,t3\r\nc4,t4,3,{AT}"
    deployment.land("social/ratings/ratings.csv", content)
    deployment.ingest()
    assert [row[0] for row in deployment.lake_rows("social.ratings")] == ["c1", "c2", "c4"]
    assert deployment.quarantined("raw_text") == [("c3,t3",)]


@pytest.mark.parametrize("name", ["a*.csv", "a?.csv", "a[b].csv", "it's.csv", "blank é.CSV"])
def test_file_names_are_names_and_no_patterns(deployment, name):
    deployment.land("social/ratings/ab.csv", f"{RATINGS}\nc1,t1,4,{AT}\nc2,t2,4,{AT}\n")
    deployment.land(f"social/ratings/{name}", f"{RATINGS}\nc9,t9,3,{AT}\n")
    counts = {item.file.path.name: item.loaded_row_count for item in deployment.ingest().loaded}
    assert counts == {"ab.csv": 2, name: 1}


@pytest.mark.parametrize(
    "extra", ["_row_number", "_reason", "_file_key", "rowid", "Network_Name", "select", 'a"b']
)
@pytest.mark.parametrize("fault", ["", "c3,t3\n", f"c3,t3,9,{AT},x\n"])
def test_columns_that_nobody_knows_may_have_any_name(deployment, extra, fault):
    header = f'{RATINGS},"{extra.replace(chr(34), 2 * chr(34))}"\n'
    content = f"{header}c1,t1,4,{AT},x9\n{fault}c2,t2,4,{AT},x9\n"
    deployment.land("social/ratings/ratings.csv", content)
    assert not deployment.ingest().rejected
    assert [row[:4] for row in deployment.lake_rows("social.ratings")] == [
        ("c1", "t1", None, Decimal("4.0")),
        ("c2", "t2", None, Decimal("4.0")),
    ]
    assert deployment.ledger("manifest", "unknown_columns") == [(extra,)]
    assert len(deployment.ledger("quarantine", "reason")) == bool(fault)


def test_linked_folders_are_read_once(deployment, tmp_path):
    outside = tmp_path / "mount"
    outside.mkdir()
    (outside / "ratings.csv").write_text(f"{RATINGS}\nc1,t1,4,{AT}\n")
    folder = deployment.paths.landing / "social" / "ratings"
    folder.mkdir(parents=True)
    (folder / "mount").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    report = deployment.ingest()
    assert [item.file.name for item in report.loaded] == ["social/ratings/mount/ratings.csv"]
    assert "link to nowhere" in str(report.rejected[0])


@given(st.lists(st.sampled_from(["", GOOD, *FAULTS]), max_size=30), st.booleans())
def test_landed_is_loaded_plus_quarantined(tmp_path_factory, lines, ends):
    deployment = deployment_in(tmp_path_factory.mktemp("law"))
    # A file in which no record has a required column is rejected as a whole.
    lines = [GOOD, *lines]
    deployment.land("events/events/events.jsonl", "\n".join(lines) + ("\n" if ends else ""))
    [loaded] = deployment.ingest().loaded
    assert loaded.landed_row_count == sum(line != "" for line in lines)
    assert (
        loaded.loaded_row_count == lines.count(GOOD) == len(deployment.lake_rows("events.events"))
    )
    quarantined = deployment.quarantined("raw_text")
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

contract = load_contract(Path.cwd())

def dying(step, moment, publish=lake.publish_file, calls=[]):
    def publish_file(source, target):
        calls.append(target)
        if len(calls) > step and moment == "before":
            os._exit(9)
        publish(source, target)
        if len(calls) > step:
            os._exit(9)
    return publish_file

# One interpreter starts all of them, before it has a thread: each dies in a process of its own.
for home in sys.argv[1:]:
    step, moment = home.rpartition("/")[2].split("-")
    child = os.fork()
    if not child:
        loading.publish_file = dying(int(step), moment)
        ingest(Path(home, "landing"), Lake(Path(home, "lake"), contract), lambda _: None)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
RENAMES = 21


def two_faulty_files(home: Path) -> Deployment:
    deployment = deployment_in(home)
    deployment.ingest()
    deployment.land("events/events/a.jsonl", f"{GOOD}\n{GOOD[:9]}\n")
    deployment.land(
        "dam/titles/titles_2026-01-31.csv",
        "title_id,title_name,genres,talents\n"
        't1,One,Drama|Comedy,"[{""talent_id"": ""p1""}]"\nt2,Two\n',
    )
    deployment.land(
        "crm/customers/customers_2026-01-31.csv",
        "customer_id,full_name,email,birth_date\n"
        "c1,Ada Lovelace,ada@example.com,1990-12-10\nc2,Grace Hopper,grace@example.com,soon\n",
    )
    return deployment


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[str, list[tuple]]:
    deployment = two_faulty_files(tmp_path_factory.mktemp("undisturbed"))
    deployment.ingest()
    return state(deployment)


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> dict[tuple[int, str], tuple[Deployment, int]]:
    """A deployment for each moment to die at, after the death, with the exit code."""
    folder = tmp_path_factory.mktemp("killed")
    cases = [(step, moment) for step in range(RENAMES + 1) for moment in ("before", "after")]
    found = [two_faulty_files(folder / f"{step}-{moment}") for step, moment in cases]
    homes = [str(deployment.paths.home) for deployment in found]
    with environment({"MARQUEE_HASH_KEY": HASH_KEY}):
        codes = subprocess.run(
            [sys.executable, "-c", KILLER, *homes],
            cwd=PROJECT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
    return dict(zip(cases, zip(found, map(int, codes), strict=True), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", range(RENAMES + 1))
def test_a_kill_at_any_point_and_a_second_run_end_alike(killed, undisturbed, step, moment):
    """Every rename is a point to die at, just before and just after it."""
    deployment, code = killed[step, moment]
    # Renames: customers, their identifiers; titles and their four lists; events, their identifiers;
    # and for each file the profiles, the texts and the records in quarantine, then the manifest.
    assert code == (9 if step < RENAMES else 0)
    renames_done = step + (moment == "after")
    committed = sum(renames_done >= manifest for manifest in (6, 15, RENAMES))
    assert len(state(deployment)["manifest"]) == committed
    deployment.ingest()
    assert state(deployment) == undisturbed
    assert not any(deployment.paths.lake.glob("_work/*"))


@pytest.mark.slow
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
