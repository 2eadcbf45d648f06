"""Who may see what, asked of the running server as each role."""

import http.client
import json
import subprocess
import urllib.request
from pathlib import Path

import pytest
import trino.auth
import trino.dbapi
from trino.exceptions import TrinoUserError

from marquee.contract import Contract, ContractError
from marquee.trino import TrinoServer
from marquee.trino.access import access_rules, relations
from tests.python.conftest import PROJECT, deployment_in
from tests.python.trino.conftest import Twins, started

pytestmark = pytest.mark.slow

# Written down once more on purpose: the rules are made from the contract, the expectations are not.
OPEN_TO_ANALYSTS = {"serving", "catalog", "enriched", "features", "predictions", "seeds"}
OPEN_TO_MARKETING = {"serving"}
CLOSED = {"catalog.quarantined_rows"}
FOR_BOTH = {"catalog.publication"}
OF_CUSTOMERS = {"gender", "age_band", "email_hash"}
PERSONAL = OF_CUSTOMERS | {"tag_text", "search_text", "post_text", "author_hash"}
# A seed says which age goes with which class of ages: it tells of nobody.
PERSONAL_OF_A_TABLE = {"marquee.features.feat_customers.highest_minimum_age"}
OF_NOBODY = {"marquee.seeds.maturity_limits.age_band"}
WITHOUT_PERSONS = {
    *("titles", "title_days", "similar_titles", "model_versions", "model_evaluations"),
    *("churn_cutoffs", "feature_selections", "feature_drifts", "offer_uplifts"),
    *("segment_profiles", "segment_candidates", "segment_comparisons"),
    *("post_sentiments", "entity_sentiment_days", "entity_sentiment_forecasts"),
    *("segment_title_sentiments", "sentiment_alarms"),
    *("watchlist_promotions", "recommendation_strategies"),
    *("ad_break_responses", "midroll_recommendations", "ad_policy_values", "title_market_weeks"),
}


@pytest.fixture(scope="module")
def manifest(twins: Twins) -> dict:
    return json.loads((twins.deployment.target("trino") / "manifest.json").read_text())


@pytest.fixture(scope="module")
def catalogue(twins: Twins) -> dict[str, list[str]]:
    """All relations of the server with their columns, as an engineer sees them."""
    found: dict[str, list[str]] = {}
    for catalog in ("marquee", "lake"):
        for schema, table, column in twins.ask(
            "select table_schema, table_name, column_name "
            f"from {catalog}.information_schema.columns where table_schema <> 'information_schema' "
            "order by 1, 2, ordinal_position"
        ):
            found.setdefault(f"{catalog}.{schema}.{table}", []).append(column)
    assert {"lake.landing.crm__customers__csv", "lake.restricted.crm_customers"} <= set(found)
    return found


def may_read(role: str, relation: str) -> bool:
    catalog, schema, table = relation.split(".")
    if role == "engineer":
        return True
    if catalog != "marquee" or f"{schema}.{table}" in CLOSED:
        return False
    if f"{schema}.{table}" in FOR_BOTH:
        return role in ("analyst", "marketing")
    return (role == "analyst" and schema in OPEN_TO_ANALYSTS) or (
        role == "marketing" and schema in OPEN_TO_MARKETING
    )


def test_the_rules_are_those_of_the_contract(contract: Contract, manifest: dict):
    """A model or a sensitivity has changed? Run marquee trino rules, and read the difference."""
    written = json.loads((PROJECT / "trino" / "etc" / "rules.json").read_text())
    assert written == access_rules(contract, manifest)


def test_a_new_personal_column_has_no_rule_until_the_rules_are_made_again(
    contract: Contract, manifest: dict
):
    written = json.loads((PROJECT / "trino" / "etc" / "rules.json").read_text())
    changed = json.loads(json.dumps(manifest))
    [titles] = [n for n in changed["nodes"].values() if n["alias"] == "dim_titles"]
    titles["columns"]["director_birth_date"] = {
        "data_type": "date",
        "config": {"meta": {"sensitivity": "personal"}, "tags": []},
    }
    rules = access_rules(contract, changed)
    assert rules != written
    masks = [r["columns"] for r in rules["tables"] if r.get("table") == "dim_titles"]
    assert masks == [[{"name": "director_birth_date", "mask": "cast(null as date)"}]]


def test_a_column_of_customers_that_nobody_has_judged_is_refused(
    contract: Contract, manifest: dict
):
    """Under another name the gender would be open to all."""
    changed = json.loads(json.dumps(manifest))
    [customers] = [n for n in changed["nodes"].values() if n["alias"] == "dim_customers"]
    customers["columns"]["customer_gender"] = {
        "data_type": "varchar",
        "config": {"meta": {}, "tags": []},
    }
    with pytest.raises(ContractError, match=r"dim_customers\.customer_gender.*sensitivity"):
        access_rules(contract, changed)


def test_every_column_on_the_server_is_documented(catalogue: dict[str, list[str]], manifest: dict):
    """A column that the YAML lacks would have no sensitivity."""
    models = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    assert models
    for node in models:
        relation = f"marquee.{node['schema']}.{node['alias']}"
        assert sorted(catalogue[relation]) == sorted(node["columns"]), relation


def test_serving_has_no_personal_column(contract: Contract, manifest: dict):
    serving = [r for r in relations(contract, manifest) if r.schema == "serving"]
    assert serving
    assert {r.full_name: r.personal for r in serving if r.personal} == {}


@pytest.mark.parametrize("role", ["engineer", "analyst", "marketing", "stranger"])
def test_roles_by_tables_by_columns(twins: Twins, catalogue: dict[str, list[str]], role: str):
    """Each relation is asked for; what may not be seen is refused or masked."""
    rows = 0
    for relation, columns in catalogue.items():
        counts = ", ".join(f'count("{column}")' for column in columns)
        query = f"select count(*), {counts} from {relation}"
        if not may_read(role, relation):
            with pytest.raises(TrinoUserError, match="Access Denied"):
                twins.ask(query, user=role)
            continue
        [(count, *known)] = twins.ask(query, user=role)
        [(whole, *expected)] = twins.ask(query)
        rows += count
        if role != "marketing":
            assert count == whole, relation
            for column, found, true in zip(columns, known, expected, strict=True):
                path = f"{relation}.{column}"
                personal = column in PERSONAL or path in PERSONAL_OF_A_TABLE
                masked = role == "analyst" and personal and path not in OF_NOBODY
                assert found == (0 if masked else true), (relation, column)
    assert (rows > 0) == (role != "stranger")


def test_personal_columns_are_filled_for_engineers(twins: Twins):
    """Otherwise a mask would hide nothing, and the matrix would prove nothing."""
    [(genders,)] = twins.ask("select count(gender) from enriched.dim_customers", user="engineer")
    [(tags,)] = twins.ask("select count(tag_text) from enriched.fct_tags", user="engineer")
    assert genders > 100
    assert tags > 50


def test_statistics_tell_nothing_of_masked_columns(twins: Twins):
    """The planner's figures have extreme values, distinct counts and shares of null."""
    for user, is_masked in (("engineer", False), ("analyst", True)):
        rows = twins.ask("show stats for enriched.dim_customers", user=user)
        found = {row[0]: row[3] for row in rows if row[0] in PERSONAL}
        assert set(found) == OF_CUSTOMERS
        assert (set(found.values()) == {1.0}) == is_masked


def test_marketing_sees_customers_who_agreed(twins: Twins, catalogue: dict[str, list[str]]):
    agreed = twins.ask("select customer_id from serving.customers where has_marketing_consent")
    everybody = twins.ask("select customer_id from serving.customers")
    assert 0 < len(agreed) < len(everybody)
    seen = twins.ask("select customer_id from serving.customers", user="marketing")
    assert sorted(seen) == sorted(agreed)
    for relation, columns in catalogue.items():
        catalog, schema, table = relation.split(".")
        if (catalog, schema) != ("marquee", "serving"):
            continue
        assert ("customer_id" in columns) == (table not in WITHOUT_PERSONS), (
            "a new table: does it tell of customers?"
        )
        if "customer_id" in columns:
            found = twins.ask(f"select distinct customer_id from {relation}", user="marketing")
            assert set(found) <= set(agreed)
            assert found


@pytest.mark.parametrize("role", ["analyst", "marketing", "stranger"])
@pytest.mark.parametrize(
    "statement",
    [
        "create table serving.mine (a integer)",
        "create schema mine",
        "create or replace view serving.customers as select 1 as a",
        "drop view serving.customers",
        "delete from enriched.dim_customers",
        "insert into audit.publications select * from audit.publications",
        "call lake.system.sync_partition_metadata('crm', 'customers', 'FULL')",
        'select * from enriched."dim_customers$files"',
        "select * from table(marquee.system.table_changes('enriched', 'dim_customers', 1, 2))",
        "select query from system.runtime.queries",
    ],
)
def test_readers_only_read(twins: Twins, role: str, statement: str):
    with pytest.raises(TrinoUserError, match=r"Access Denied|not registered|does not exist"):
        twins.ask(statement, user=role)


def test_the_secure_profile_wants_https_and_a_password(tmp_path: Path, monkeypatch):
    deployment = deployment_in(tmp_path)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    both = (tmp_path / "key.pem").read_text() + (tmp_path / "certificate.pem").read_text()
    (tmp_path / "server.pem").write_text(both)
    monkeypatch.setenv("MARQUEE_TRINO_CERTIFICATE", str(tmp_path / "server.pem"))
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # they would overrule `verify`
        monkeypatch.delenv(name, raising=False)
    server = TrinoServer.on_free_port(deployment.paths, is_secure=True)
    server.set_password("analyst", "a long enough password")
    assert (server.passwords.stat().st_mode & 0o077) == 0
    assert "a long" not in server.passwords.read_text()
    started(server)
    try:

        def whoami(password: str, user: str = "analyst") -> list:
            connection = trino.dbapi.connect(
                host="localhost",
                port=server.port,
                user=user,
                http_scheme="https",
                auth=trino.auth.BasicAuthentication("analyst", password),
                verify=str(tmp_path / "certificate.pem"),
            )
            cursor = connection.cursor()
            cursor.execute("select current_user")
            return cursor.fetchall()

        assert whoami("a long enough password") == [["analyst"]]
        with pytest.raises(trino.exceptions.HttpError, match="401"):
            whoami("another password")
        with pytest.raises(TrinoUserError, match="cannot impersonate"):
            whoami("a long enough password", user="marquee")
        with pytest.raises((http.client.HTTPException, OSError)):
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/v1/info", timeout=5)
    finally:
        server.stop()
