"""Rules of the house that linters of one language don't see."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.python.conftest import PROJECT, Deployment

MODELS = sorted([*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("python_models/**/*.sql")])


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_models_hold_no_inexact_arithmetic(path: Path):
    """avg() and a bare division give other results on the other engine (exact numbers only)."""
    assert inexact(path.read_text()) == []


def inexact(sql: str) -> list[str]:
    """What other engines compute differently, in the SQL of a model without comments and texts."""
    sql = re.sub(r"\{[#{%].*?[#%}]\}|'[^']*'|--[^\n]*", "", sql, flags=re.DOTALL)
    return re.findall(r"\bavg\s*\(|/|::|\b(?:double|float|real)\b", sql)


@pytest.mark.parametrize("found", ["avg (", "/", "::", "double"])
def test_inexact_arithmetic_is_found_below_a_comment(found: str):
    assert inexact(f"-- Why, with a / and an avg(.\n{{# :: #}}\nselect 'a/b', x {found} y") == [
        found
    ]


def test_no_model_reads_the_truth():
    for path in [*PROJECT.glob("models/**/*"), *PROJECT.glob("python_models/**/*")]:
        if path.is_file():
            assert "truth" not in path.read_text(), path


def test_python_models_are_thin():
    for path in PROJECT.glob("python_models/**/*.py"):
        assert len(path.read_text().splitlines()) <= 30, path


def test_the_makefile_explains_every_target():
    makefile = (PROJECT / "Makefile").read_text()
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    help_text = subprocess.run(
        ["make", "--silent", "help"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    for target in phony.split():
        assert f"make {target} " in help_text


def test_the_workflow_runs_what_ci_runs():
    workflow = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text())
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    assert any("bash .ci/run" in step for step in steps)


def test_the_lock_pins_every_dependency_with_hashes():
    lock = (PROJECT / "requirements.lock").read_text()
    names = re.findall(r"^([a-z0-9_.-]+)(?:\[.*?\])?==", lock, re.MULTILINE)
    assert len(names) > 80
    assert lock.count("--hash=sha256:") > len(names)
    assert "://" not in lock


@pytest.mark.slow
def test_the_bouncer_passes_with_the_built_catalogue(built: Deployment, tmp_path: Path):
    assert built.dbt("docs", "generate")
    config = yaml.safe_load((PROJECT / "dbt-bouncer.yml").read_text())
    config["dbt_artifacts_dir"] = str(built.paths.home / "target")
    path = tmp_path / "dbt-bouncer.yml"
    path.write_text(yaml.safe_dump(config))
    result = subprocess.run(
        [str(Path(sys.executable).with_name("dbt-bouncer")), "run", "--config-file", str(path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.slow
def test_serving_shows_no_personal_free_text(built: Deployment):
    """Free text by customers is personal; it stays out of what people query."""
    manifest = json.loads((built.paths.home / "target" / "manifest.json").read_text())
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] == "serving":
            assert not {"tag_text", "gender"} & set(node["columns"]), node["name"]


def test_a_changed_macro_changes_the_definition_of_incremental_models():
    """Their tables would mix two meanings otherwise; see macros/incremental/definition_hash.sql."""
    text = "".join(
        (PROJECT / "macros" / name).read_text()
        for name in (
            "incremental/touched_days.sql",
            "incremental/fresh_extract_date.sql",
            "earliest_deliveries.sql",
            "known_events.sql",
            "last_of_each_day.sql",
            "states_of_extracts.sql",
        )
    )
    expected = hashlib.sha256(text.encode()).hexdigest()[:12]
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    found = str(project["vars"]["incremental_macros"])
    assert found == expected, f"dbt_project.yml: set incremental_macros to '{expected}'"
