"""Who may read the vault: the models of schema restricted, and nothing that depends on them."""

import json
import re
import subprocess

import pytest

from marquee.contract import Sensitivity, load_contract
from marquee.pipeline import dbt
from tests.python.conftest import HASH_KEY, PROJECT, deployment_in

Manifest = dict[str, dict[str, dict]]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> Manifest:
    deployment = deployment_in(tmp_path_factory.mktemp("parsed"))
    assert deployment.dbt("parse")
    return json.loads((deployment.paths.home / "target" / "manifest.json").read_text())


def readers_from_outside(manifest: Manifest) -> set[str]:
    """Whatever depends on the vault and is neither a restricted model nor one of its own tests."""
    nodes = manifest["nodes"] | manifest["exposures"] | manifest["unit_tests"]
    sources = {
        name for name, node in manifest["sources"].items() if node["source_name"] == "restricted"
    }
    models = {
        name
        for name, node in nodes.items()
        if node["resource_type"] == "model" and node["schema"] == "restricted"
    }
    found = set()
    for name, node in nodes.items():
        depends_on = set(node["depends_on"].get("nodes", []))
        # A test belongs to the model that it stands with in one file.
        is_own_test = node["resource_type"] in ("test", "unit_test") and node[
            "original_file_path"
        ].startswith("models/restricted/")
        if name not in models and not is_own_test and depends_on & (sources | models):
            found.add(name)
    return found


def test_only_restricted_models_read_the_vault(manifest):
    assert readers_from_outside(manifest) == set()


@pytest.mark.parametrize(
    "vault", ["source.marquee.restricted.crm_customers", "model.marquee.customer_identities"]
)
@pytest.mark.parametrize(
    "reader",
    ["model.marquee.dim_customers", "analysis.marquee.q2_top_of_the_watch_list", "exposure"],
)
def test_a_reader_from_outside_would_be_found(manifest, vault, reader):
    changed = json.loads(json.dumps(manifest))
    if reader == "exposure":
        reader = next(iter(changed["exposures"]))
    kind = "exposures" if reader.startswith("exposure") else "nodes"
    changed[kind][reader]["depends_on"]["nodes"].append(vault)
    assert readers_from_outside(changed) == {reader}


def test_restricted_models_are_views_that_nobody_publishes(manifest):
    models = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and "models/restricted" in node["original_file_path"]
    ]
    assert [model["name"] for model in models] == ["customer_identities"]
    for model in models:
        assert model["schema"] == "restricted"
        assert model["config"]["materialized"] == "view"
        assert model["access"] != "public"


def test_identifying_columns_are_declared_in_restricted_models_only(manifest):
    contract = load_contract(PROJECT)
    identifying = {
        column.name
        for table in contract.all()
        for column in table.columns
        if column.sensitivity is Sensitivity.IDENTIFYING
    }
    of_customers = {"full_name", "first_name", "middle_name", "last_name", "email", "birth_date"}
    assert of_customers | {"ip_address", "user_agent", "author_handle"} <= identifying
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            found = {
                name
                for name, column in node["columns"].items()
                if column["config"]["meta"].get("sensitivity") == "identifying"
            }
            assert found == (of_customers if node["schema"] == "restricted" else set())
            assert node["schema"] == "restricted" or not identifying & set(node["columns"])


def test_derived_columns_stay_out_of_what_people_query(manifest):
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["access"] == "public":
            assert not {"age_band", "email_hash"} & set(node["columns"]), node["name"]


def test_no_sql_and_no_setting_of_dbt_names_the_key():
    files = [PROJECT / name for name in ("dbt_project.yml", "profiles.yml")]
    for folder in ("models", "python_models", "macros", "analyses", "seeds", "tests/data"):
        files += [path for path in (PROJECT / folder).rglob("*") if path.is_file()]
    for path in files:
        assert not re.search(r"hash[._]key", path.read_text(encoding="utf-8"), re.IGNORECASE), path


def test_dbt_is_started_without_the_key(deployment, monkeypatch):
    seen = []

    def run(*_: object, env: dict[str, str], **__: object) -> subprocess.CompletedProcess:
        seen.append(env)
        return subprocess.CompletedProcess([], 0)

    monkeypatch.setenv("MARQUEE_HASH_KEY", HASH_KEY)
    monkeypatch.setattr("marquee.pipeline.subprocess.run", run)
    dbt(deployment.paths, "build")
    assert "MARQUEE_LAKE" in seen[0]
    assert HASH_KEY not in seen[0].values()
