"""The commands as people type them."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from marquee.cli import app
from marquee.pipeline import ExitCode
from tests.python.conftest import Deployment, environment

HEADER = "customer_id,title_id,rating_value,rated_at"
AT = "2026-01-05T10:00:00Z"


@pytest.fixture
def marquee(deployment: Deployment):
    def call(*arguments: str):
        with environment(deployment.paths.environment()):
            result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture
def faulty(deployment: Deployment, marquee) -> Deployment:
    lines = [f"c{n},t{n},{value},{AT}" for n, value in enumerate(("nine", "ten", "77", "4"))]
    deployment.land("social/ratings/r.csv", "\n".join([HEADER, *lines]) + "\n")
    deployment.land("social/tags/t.csv", "customer_id,title_id,tag_text,tagged_at\nc1\n")
    assert "marquee quarantine list" in marquee("ingest").output
    return deployment


def test_list_counts_kinds_of_open_rows(marquee, faulty):
    output = marquee("quarantine", "list").output
    assert "4 rows are open" in output
    assert re.search(
        r"social\.ratings +2 +1 +social/ratings/r\.csv +rating_value: '\.\.\.' ", output
    )
    assert "social.tags" not in marquee("quarantine", "list", "--table", "social.ratings").output
    assert "4 rows are open in quarantine: marquee quarantine list" in marquee("status").output


def test_show_tells_rows_of_a_file(marquee, faulty):
    output = marquee("quarantine", "show", "r.csv").output
    assert "row 1, line 2" in output
    assert f"c0,t0,nine,{AT}" in output
    assert "ten" not in marquee("quarantine", "show", "r.csv", "--row", "1").output
    assert "no such row" in marquee("quarantine", "show", "other.csv").output


def test_repair_by_a_mapping_replay_and_again(marquee, faulty):
    mapping = faulty.paths.home / "mapping.yml"
    mapping.write_text("social.ratings: {columns: {rating_value: {values: {nine: 5, ten: 50}}}}")
    output = marquee("quarantine", "repair", "--mapping", str(mapping)).output
    assert "2 rows are as they were, and stay open" in output
    [path] = re.findall(r"wrote 2 rows: (\S+)", output)
    output = marquee("quarantine", "replay", path).output
    assert "2 rows replayed: 1 loaded, 0 dropped, 1 still faulty; 0 had been" in output
    output = marquee("quarantine", "replay", path).output
    assert "0 rows replayed: 0 loaded, 0 dropped, 0 still faulty; 2 had been" in output
    assert re.search(r"is above 5\b", marquee("quarantine", "list").output)
    assert "(not open any more)" in marquee("quarantine", "show", "r.csv", "--all").output
    output = marquee("quarantine", "repair", "--file", "social/tags/t.csv").output
    [path] = re.findall(r"wrote 1 rows: (\S+)", output)
    line = json.loads(Path(path).read_text())
    assert line["record"] is None
    Path(path).write_text(json.dumps(line | {"drop": "a line of nothing"}))
    assert "1 rows replayed: 0 loaded, 1 dropped" in marquee("quarantine", "replay", path).output
    output = marquee("quarantine", "list", "--table", "social.tags").output
    assert "nothing is open in quarantine" in output
    assert "there is nothing to write" in marquee("quarantine", "repair", "--file", "t.csv").output


def test_mistakes_are_one_line_and_exit_code_2(marquee, faulty):
    for arguments in (
        ("replay", "/nowhere.jsonl"),
        ("repair", "--mapping", "/nowhere.yml"),
        ("list", "--table", "social.rating"),
    ):
        result = marquee("quarantine", *arguments)
        assert result.exit_code == ExitCode.USAGE, arguments
        assert "Traceback" not in result.output
    path = marquee("quarantine", "repair").output.split("replay ")[1].strip()
    result = marquee("quarantine", "repair", "--out", path)
    assert result.exit_code == ExitCode.USAGE
    assert "is there already" in result.output


def test_without_a_lake_there_is_one_line_and_exit_code_2(marquee):
    for arguments in (("list",), ("show", "r.csv"), ("repair",)):
        result = marquee("quarantine", *arguments)
        assert result.exit_code == ExitCode.USAGE, arguments
        assert "Make it with: marquee init" in result.output
