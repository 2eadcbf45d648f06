"""Repair and replay: every row in the lake exactly once, whatever is repaired in which order."""

import json
import stat
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee.engine import connect
from marquee.ingest.places import open_places
from marquee.ingest.repaired import all_rows
from marquee.quarantine import (
    RepairError,
    Replay,
    Selection,
    kinds,
    load_repair_mapping,
    quarantined_rows,
    replay,
    write_repairs,
)
from tests.python.conftest import HASH_KEY, NOW, PROJECT, Deployment, deployment_in, environment

AT = "2026-01-05T10:00:00Z"
HEADER = "customer_id,title_id,rating_value,rated_at"


def repair(deployment: Deployment, mapping: str = "", **selected) -> Path | None:
    """The path of the open rows to edit, or as a mapping repairs them."""
    rules = None
    if mapping:
        path = deployment.paths.home / "mapping.yml"
        path.write_text(mapping)
        rules = load_repair_mapping(path, deployment.lake.contract)
    with connect() as connection:
        rows = quarantined_rows(connection, deployment.lake, Selection(**selected))
        return write_repairs(rows, deployment.lake, None, rules).path


def run_replay(deployment: Deployment, path: Path) -> Replay:
    with environment({"MARQUEE_HASH_KEY": HASH_KEY} | deployment.settings):
        places = open_places(deployment.paths)
        return replay(path, deployment.paths.landing, deployment.lake, lambda _: None, places, NOW)


def edit(path: Path, change) -> None:
    """Change each line of a file of repairs, or leave it out."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    kept = [line for line in map(change, lines) if line is not None]
    path.write_text("".join(json.dumps(line) + "\n" for line in kept))


def open_count(deployment: Deployment) -> int:
    with connect() as connection:
        found = kinds(connection, deployment.lake, Selection())
    return sum(kind.open_count for kind in found)


def accounts(deployment: Deployment) -> tuple[int, int, int, int]:
    """Rows landed by sources = loaded + open + dropped, over everything."""
    with connect() as connection:
        [row] = connection.execute(
            f"""
            select
                (select sum(landed_row_count) from {deployment.lake.manifest()}
                    where not starts_with(file_name, '_repaired/'))::bigint,
                (select sum(loaded_row_count) from {deployment.lake.manifest()})::bigint,
                (select count(*) filter (where is_open) from {all_rows(deployment.lake)}),
                (select count(*) from {deployment.lake.replays()}
                    where replay_outcome = 'dropped')
            """
        ).fetchall()
    return row


def check_accounts(deployment: Deployment) -> None:
    landed, loaded, opened, dropped = accounts(deployment)
    assert landed == loaded + opened + dropped
    counts = deployment.ledger(
        "manifest", "landed_row_count, loaded_row_count, quarantined_row_count, settled_row_count"
    )
    assert all(landed == loaded + quarantined for landed, loaded, quarantined, _ in counts)
    assert sum(row[2] - row[3] for row in counts) == opened


# 10,000 faults of 8 kinds. For each: the faulty line of a row, and what the row is meant to be.
KINDS = (
    lambda n: f"c{n},t{n % 7},nine,{AT}",
    lambda n: f"c{n},t{n % 7},'4',{AT}",
    lambda n: f"c{n},t{n % 7},4,05.01.2026",
    lambda n: f"c{n};t{n % 7};4;{AT}",
    lambda n: f"c{n},t{n % 7},4",
    lambda n: f"c{n},,4,{AT}",
    lambda n: f"c{n},t{n % 7},45,{AT}",
    lambda n: f'c{n},"t{n % 7},4,{AT}',
)
MAPPING = """
social.ratings:
  text:
    - {find: ';', put: ','}
    - {find: '^(c[0-9]+),"', put: '\\1,'}
  columns:
    title_id: {default: t0}
    rating_value:
      values: {nine: 4}
      patterns:
        - {find: "'([0-9])'", put: '\\1'}
        - {find: '45', put: '4'}
    rated_at:
      patterns:
        - {find: '([0-9]+)\\.([0-9]+)\\.([0-9]+)', put: '\\3-\\2-\\1T10:00:00Z'}
"""


def test_ten_thousand_faults_of_eight_kinds_are_found_repaired_and_loaded_once(deployment):
    lines = [HEADER]
    for n in range(100_000):
        kind = KINDS[n // 10 % 8] if n % 10 == 3 else None
        lines.append(kind(n) if kind else f"c{n},t{n % 7},4,{AT}")
    faulty = {n + 1: line for n, line in enumerate(lines[1:]) if n % 10 == 3}
    deployment.land("social/ratings/r.csv", "\n".join(lines) + "\n")
    [loaded] = deployment.ingest().loaded
    assert loaded.quarantined_row_count == 10_000
    assert dict(deployment.quarantined("row_number, raw_text")) == faulty
    with connect() as connection:
        found = kinds(connection, deployment.lake, Selection())
    assert len(found) == 5  # three of the eight break the line alike, two are no numbers
    assert sum(kind.row_count for kind in found) == 10_000

    first = run_replay(deployment, repair(deployment, MAPPING))
    # What lacks a field is for a person to see.
    assert (first.loaded_count, first.faulty_count) == (8_750, 0)
    assert open_count(deployment) == 1_250
    by_hand = repair(deployment)

    def correct(line):
        customer, title, rating = line["raw_text"].split(",")
        fields = dict(zip(HEADER.split(","), (customer, title, rating, AT), strict=True))
        return line | {"record": fields}

    edit(by_hand, correct)
    second = run_replay(deployment, by_hand)
    assert second.loaded_count == 1_250
    assert open_count(deployment) == 0
    rows = deployment.lake_rows("social.ratings", "customer_id, title_id, rating_value::integer")
    titles = {n: "t0" if n % 10 == 3 and n // 10 % 8 == 5 else f"t{n % 7}" for n in range(100_000)}
    assert Counter(rows) == Counter((f"c{n}", title, 4) for n, title in titles.items())
    check_accounts(deployment)

    before = deployment.ledger("manifest", "*")
    again = run_replay(deployment, by_hand)
    assert (again.replayed_count, again.known_count) == (0, 1_250)
    assert deployment.ledger("manifest", "*") == before


FAULTS = {
    "unknown": "c{n},t,nine," + AT,
    "fields": "c{n},t",
    "range": "c{n},t,99," + AT,
    "none": "c{n},t,4," + AT,
}
STEPS = st.lists(
    st.tuples(
        st.sets(st.integers(0, 11)),  # rows of this round
        st.sets(st.integers(0, 11)),  # of them repaired wrongly
        st.sets(st.integers(0, 11)),  # of them dropped
        st.booleans(),  # the same file once more
    ),
    max_size=3,
)


@pytest.mark.slow
@settings(max_examples=8)
@given(st.lists(st.sampled_from(sorted(FAULTS)), min_size=1, max_size=12), STEPS)
def test_any_order_of_repairs_loads_each_row_once(tmp_path_factory, faults, steps):
    deployment = deployment_in(tmp_path_factory.mktemp("replays"))
    lines = [FAULTS[fault].format(n=n) for n, fault in enumerate(faults)]
    for half in (0, 1):
        part = [line for n, line in enumerate(lines) if n % 2 == half]
        text = "\n".join([HEADER, *part]) + "\n"
        deployment.land(f"social/ratings/{half}.csv", text)
    deployment.ingest()
    loaded = {n for n, fault in enumerate(faults) if fault == "none"}
    settled = set(loaded)
    for rows, wrong, dropped, is_repeated in steps:
        path = repair(deployment)
        if path is None:
            break

        def change(line, rows=rows, wrong=wrong, dropped=dropped):
            text = line["raw_text"]
            if text.startswith("{"):
                text = json.loads(text)["customer_id"]
            n = int(text.split(",")[0][1:])
            if n not in rows:
                return line  # as it came: not replayed
            if n in dropped:
                settled.add(n)
                return line | {"drop": "not wanted"}
            if n not in wrong:
                settled.add(n)
                loaded.add(n)
            rating = "4" if n not in wrong else f"wrong {len(line['reason'])}"
            record = {"customer_id": f"c{n}", "title_id": "t", "rating_value": rating}
            return line | {"record": record | {"rated_at": AT}}

        edit(path, change)
        run_replay(deployment, path)
        if is_repeated:
            assert run_replay(deployment, path).replayed_count == 0
        check_accounts(deployment)
        assert open_count(deployment) == len(faults) - len(settled)
    rows = [row for (row,) in deployment.lake_rows("social.ratings", "customer_id")]
    assert Counter(rows) == Counter(f"c{n}" for n in loaded)
    # A lake made anew from landing alone is the same.
    fresh = deployment_in(tmp_path_factory.mktemp("fresh"))
    fresh.paths.landing.parent.mkdir(exist_ok=True)
    fresh.land_from(deployment)
    fresh.ingest()
    assert state(fresh) == state(deployment)


def state(deployment: Deployment) -> list:
    contract = deployment.lake.contract
    tables = [table.full_name for table in contract.all() if table.source != "marquee"]
    return [deployment.lake_rows(name) for name in tables] + [
        deployment.ledger("manifest", "* exclude (ingested_at)"),
        deployment.ledger("quarantine", "*"),
        deployment.ledger("replays", "*"),
    ]


CUSTOMERS = "customer_id,full_name,email,birth_date,gender"


def land_customers(deployment: Deployment) -> None:
    for day, last in (("2026-01-31", "soon"), ("2026-02-28", "1990-12-10")):
        deployment.land(
            f"crm/customers/customers_{day}.csv",
            f"{CUSTOMERS}\nc1,Ada Lovelace,ada@example.com,{last},\nc2,,,,\n",
        )
    deployment.land(
        "dam/titles/titles_2026-01-31.csv",
        "title_id,title_name,release_year,genres,talents\n"
        't1,One,soon,Drama|Comedy,"[{""talent_id"": ""p1""}]"\nt2,Two,2020,,\n',
    )
    deployment.ingest()


DATES = {
    "crm.customers": {"birth_date": "1990-12-10"},
    "dam.titles": {"release_year": "2021"},
}


def correct_dates(line):
    return line | {"record": line["record"] | DATES[line["table"]]}


def test_a_repaired_row_belongs_to_the_extract_of_its_origin(deployment):
    land_customers(deployment)
    path = repair(deployment)
    edit(path, correct_dates)
    assert run_replay(deployment, path).loaded_count == 2
    manifest = deployment.ledger(
        "manifest", "extract_date, file_name, loaded_row_count, settled_row_count"
    )
    assert [(str(row[0]), *row[1:]) for row in manifest if row[1].startswith("_")] == [
        ("2026-01-31", "_repaired/crm/customers/repaired_000001_2026-01-31.jsonl", 1, 1),
        ("2026-01-31", "_repaired/dam/titles/repaired_000001_2026-01-31.jsonl", 1, 1),
    ]
    # The hash, the band on the day of that extract and the parts of the name, as for others.
    shown = "customer_id, age_band, email_hash"
    [late, in_time] = deployment.lake_rows("crm.customers", shown + ", _file_key")[:2]
    assert late[:3] == in_time[:3] == ("c1", "35 to 44", late[2])
    assert late[2] is not None
    names = deployment.lake_rows("restricted.crm_customers", "customer_id, first_name, last_name")
    assert names.count(("c1", "Ada", "Lovelace")) == 2
    assert deployment.lake_rows("dam.title_genres", "title_id, genre_name") == [
        ("t1", "Comedy"),
        ("t1", "Drama"),
    ]
    assert deployment.lake_rows("dam.title_talents", "title_id, talent_id") == [("t1", "p1")]
    check_accounts(deployment)


def test_repairs_and_repaired_files_are_their_owners_only(deployment):
    land_customers(deployment)
    path = repair(deployment)
    assert path == deployment.lake.vault / "repairs/000001.jsonl"
    assert "Ada Lovelace" in path.read_text()
    edit(path, correct_dates)
    run_replay(deployment, path)
    folder = deployment.paths.landing / "_repaired"
    modes = {stat.S_IMODE(found.stat().st_mode) for found in [path, *folder.rglob("*.jsonl")]}
    assert modes == {0o600}
    folders = [deployment.lake.vault / "repairs", folder]
    assert {stat.S_IMODE(found.stat().st_mode) for found in folders} == {0o700}


def test_what_is_still_faulty_stays_open_with_its_new_reason(deployment):
    deployment.land("social/ratings/r.csv", f"{HEADER}\nc1,t1,nine,{AT}\nc2,t2,4,{AT}\n")
    deployment.ingest()
    path = repair(deployment)
    edit(path, lambda line: line | {"record": line["record"] | {"rating_value": "50"}})
    done = run_replay(deployment, path)
    assert (done.loaded_count, done.faulty_count) == (0, 1)
    with connect() as connection:
        [row] = quarantined_rows(connection, deployment.lake, Selection())
        every = list(quarantined_rows(connection, deployment.lake, Selection(is_open=False)))
    assert row.reason == "rating_value: '50.0' is above 5"
    assert [(found.is_open, found.replayed_by) for found in every] == [
        (False, row.file_key),
        (True, None),
    ]
    # The old file of repairs is of rows that are not open any more.
    assert run_replay(deployment, path).known_count == 1
    path = repair(deployment)
    edit(path, lambda line: line | {"record": line["record"] | {"rating_value": "5"}})
    assert run_replay(deployment, path).loaded_count == 1
    check_accounts(deployment)


def test_rows_that_nobody_changed_are_not_replayed(deployment):
    deployment.land("social/ratings/r.csv", f"{HEADER}\nc1,t1,nine,{AT}\nc2,t2\nc3,t3,4,{AT}\n")
    deployment.ingest()
    done = run_replay(deployment, repair(deployment))
    assert (done.replayed_count, done.unchanged_count) == (0, 2)
    assert not (deployment.paths.landing / "_repaired").exists()


def test_a_row_that_was_loaded_after_all_is_refused(deployment, new_deployment):
    """The lake is made anew under a contract, or a clock, that takes what it refused before."""
    deployment.land("social/ratings/r.csv", f"{HEADER}\nc1,t1,nine,{AT}\nc2,t2,4,{AT}\n")
    deployment.ingest()
    path = repair(deployment)
    edit(path, lambda line: line | {"record": line["record"] | {"rating_value": "5"}})
    run_replay(deployment, path)
    [landed] = (deployment.paths.landing / "_repaired").rglob("*.jsonl")
    line = json.loads(landed.read_text())
    landed.write_text(json.dumps(line | {"_origin_row_number": 2}) + "\n")
    fresh = new_deployment("fresh")
    fresh.land_from(deployment)
    fresh.ingest()
    assert [row[0] for row in fresh.lake_rows("social.ratings")] == ["c2"]
    assert "row 2 of file" in fresh.ledger("quarantine", "reason, row_number")[1][0]
    assert open_count(fresh) == 1
    check_accounts(fresh)


def test_a_repaired_file_whose_origin_is_gone_waits(deployment, new_deployment):
    land_customers(deployment)
    path = repair(deployment, table="crm.customers")
    edit(path, correct_dates)
    run_replay(deployment, path)
    fresh = new_deployment("fresh")
    fresh.land_from(deployment, [p for p in deployment.landed() if "2026-02" not in p.name])
    (fresh.paths.landing / "crm/customers/customers_2026-01-31.csv").unlink()
    report = fresh.ingest()
    assert "Land those files again" in str(report.rejected[0])
    fresh.land_from(deployment)
    assert not fresh.ingest().rejected
    assert open_count(fresh) == 1


KILLER = """
import os, sys
from pathlib import Path
from marquee.contract import load_contract
from marquee.ingest import Lake, loading
from marquee.ingest import lake as lake_module
from marquee.quarantine import replay

contract = load_contract(Path.cwd())
publish = lake_module.publish_file
calls = []

def publish_file(source, target):
    calls.append(target)
    if len(calls) > step and moment == "before":
        os._exit(9)
    publish(source, target)
    if len(calls) > step:
        os._exit(9)

for home in sys.argv[1:]:
    step, moment = home.rpartition("/")[2].split("-")
    child = os.fork()
    if not child:
        step = int(step)
        loading.publish_file = sys.modules["marquee.quarantine.replay"].publish_file = publish_file
        path = Path(home, "lake/restricted/repairs/000001.jsonl")
        replay(path, Path(home, "landing"), Lake(Path(home, "lake"), contract), lambda _: None)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
# Two files are landed; then rows, lists, identifiers, profiles, ledgers and manifest of each.
RENAMES = 15


@pytest.mark.slow
def test_a_kill_at_any_point_is_made_good_by_the_next_run(tmp_path):
    undisturbed = deployment_in(tmp_path / "undisturbed")
    land_customers(undisturbed)
    path = repair(undisturbed)
    edit(path, correct_dates)
    # Just after a rename is just before the next one, but for the last.
    cases = [*(f"{step}-before" for step in range(RENAMES)), f"{RENAMES - 1}-after"]
    for case in cases:
        subprocess.run(["cp", "-r", undisturbed.paths.home, tmp_path / case], check=True)
    run_replay(undisturbed, path)
    expected = state(undisturbed)
    homes = [str(tmp_path / case) for case in cases]
    with environment({"MARQUEE_HASH_KEY": HASH_KEY}):
        codes = subprocess.run(
            [sys.executable, "-c", KILLER, *homes],
            cwd=PROJECT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
    assert codes == ["9"] * len(cases)
    for place, case in enumerate(cases):
        killed = deployment_in(tmp_path / case)
        # By the same command, or by whoever ingests next and then the same command.
        if place % 3 == 0:
            killed.ingest()
        run_replay(killed, killed.lake.vault / "repairs/000001.jsonl")
        assert state(killed) == expected, case


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda line: line | {"row_number": None}, "line 1 lacks file_key or row_number"),
        (lambda line: line | {"row_number": 99}, "line 1 names a row that is not in the quarant"),
        (lambda line: line | {"record": "text"}, "record must be the row's fields"),
        (lambda line: line | {"drop": ""}, "drop must be the reason"),
    ],
)
def test_a_faulty_file_of_repairs_says_where_and_replays_nothing(deployment, change, words):
    deployment.land("social/ratings/r.csv", f"{HEADER}\nc1,t1,nine,{AT}\nc3,t3,4,{AT}\n")
    deployment.ingest()
    path = repair(deployment)
    edit(path, change)
    with pytest.raises(RepairError, match=words):
        run_replay(deployment, path)
    assert open_count(deployment) == 1


def test_two_repairs_of_one_row_are_none(deployment):
    deployment.land("social/ratings/r.csv", f"{HEADER}\nc1,t1,nine,{AT}\nc3,t3,4,{AT}\n")
    deployment.ingest()
    path = repair(deployment)
    path.write_text(path.read_text() * 2)
    with pytest.raises(RepairError, match="lines 1 and 2 repair the same row"):
        run_replay(deployment, path)
