"""Who may see what on Trino: rules that follow from the contract's sensitivities.

Three roles. Engineers see everything. Analysts read what is conformed, predicted and served, with
personal columns masked, and no quarantine. Marketing reads what is served, of customers who have
agreed to marketing. Whatever is not named is denied, so a new table is closed until these rules are
made again.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marquee.contract import Contract, ContractError, Sensitivity, load_contract
from marquee.paths import Paths
from marquee.pipeline import dbt
from marquee.publish import PUBLICATION
from marquee.trino.publish import CANDIDATE

CATALOG = "marquee"
ENGINEER, ANALYST, MARKETING = "engineer", "analyst", "marketing"
ANALYST_SCHEMAS = frozenset({"serving", "catalog", "enriched", "features", "predictions", "seeds"})
MARKETING_SCHEMAS = frozenset({"serving"})
HIDDEN = frozenset({"catalog.quarantined_rows"})
"""Values that could not be loaded: nobody knows what is in them."""
CONSENT = "has_marketing_consent"
CUSTOMERS = "serving.customers"
HAS_CONSENT = f"customer_id in (select customer_id from {CATALOG}.{CUSTOMERS} where {CONSENT})"
ALL_PRIVILEGES = ["SELECT", "INSERT", "DELETE", "UPDATE", "OWNERSHIP", "GRANT_SELECT"]


@dataclass(frozen=True)
class Relation:
    """A relation that people may read, under the name they read it by."""

    schema: str
    table: str
    columns: Mapping[str, str]
    """Names and types."""
    personal: frozenset[str]
    """Columns that only engineers see."""

    @property
    def full_name(self) -> str:
        """``schema.table``."""
        return f"{self.schema}.{self.table}"


def write_rules(paths: Paths) -> Path:
    """Make ``trino/etc/rules.json`` anew.

    Raises:
        BuildFailedError: if dbt can't read the project.
    """
    with tempfile.TemporaryDirectory() as target:
        dbt(paths, "parse", "--quiet", "--no-partial-parse", "--target-path", target)
        manifest = json.loads((Path(target) / "manifest.json").read_text(encoding="utf-8"))
    rules = paths.project / "trino" / "etc" / "rules.json"
    text = json.dumps(access_rules(load_contract(paths.project), manifest), indent=2)
    rules.write_text(f"{text}\n", encoding="utf-8")
    return rules


def relations(contract: Contract, manifest: Mapping[str, Any]) -> Iterator[Relation]:
    """The models and seeds of a manifest, in order of name.

    A column is as sensitive as its own ``config.meta.sensitivity`` says; without that, as the
    columns of this name in the contract; else as its table's ``config.meta.sensitivity``.

    Raises:
        ContractError: if a column of a relation with customers is known to neither: under another
            name something personal would go unnoticed.
    """
    inherited: dict[str, set[Sensitivity]] = {}
    for table in contract.all():
        for column in table.columns:
            inherited.setdefault(column.name, set()).add(column.sensitivity)
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] in ("model", "seed")]
    for node in sorted(nodes, key=lambda node: (node["schema"], node["alias"])):
        if node["resource_type"] == "model" and "customer_id" in node["columns"]:
            for name, column in node["columns"].items():
                if not _sensitivities(name, column, inherited):
                    raise ContractError(
                        f"{node['name']}.{name}: the contract has no column of this name, so its "
                        "YAML must say config.meta.sensitivity: public, internal or personal."
                    )
        of_table = {str(node["config"]["meta"].get("sensitivity", Sensitivity.INTERNAL))}
        personal = {
            name
            for name, column in node["columns"].items()
            if not (_sensitivities(name, column, inherited) or of_table) <= {"public", "internal"}
        }
        yield Relation(
            node["schema"].removesuffix(CANDIDATE),
            node["alias"],
            {name: column["data_type"] for name, column in node["columns"].items()},
            frozenset(personal),
        )


def _sensitivities(
    name: str, column: Mapping[str, Any], inherited: Mapping[str, set[Sensitivity]]
) -> set[str]:
    declared = column["config"]["meta"].get("sensitivity")
    return {declared} if declared else {str(value) for value in inherited.get(name, ())}


def access_rules(contract: Contract, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The document that Trino's file-based access control reads."""
    tables: list[dict[str, Any]] = [{"group": ENGINEER, "privileges": ALL_PRIVILEGES}]
    for relation in relations(contract, manifest):
        if relation.full_name in HIDDEN:
            continue
        if relation.schema in ANALYST_SCHEMAS:
            tables.append(_table_rule(ANALYST, relation))
        if relation.schema in MARKETING_SCHEMAS:
            tables.append(_table_rule(MARKETING, relation) | _consent_filter(relation))
    schema, _, table = PUBLICATION.partition(".")
    tables.append(
        {
            "group": f"{ANALYST}|{MARKETING}",
            "catalog": CATALOG,
            "schema": schema,
            "table": table,
            "privileges": ["SELECT"],
        }
    )
    # What JDBC drivers ask for the lists of tables and columns; they show only what may be read.
    tables.append({"catalog": "system", "schema": "jdbc|metadata", "privileges": ["SELECT"]})
    return {
        "catalogs": [
            {"group": ENGINEER, "allow": "all"},
            {"catalog": f"{CATALOG}|system", "allow": "read-only"},
        ],
        "schemas": [{"group": ENGINEER, "owner": True}, {"owner": False}],
        "tables": tables,
        "procedures": [{"group": ENGINEER, "privileges": ["EXECUTE"]}],
        "queries": [
            {"group": ENGINEER, "allow": ["execute", "kill", "view"]},
            {"allow": ["execute"]},
        ],
    }


def _table_rule(group: str, relation: Relation) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "group": group,
        "catalog": CATALOG,
        "schema": relation.schema,
        "table": relation.table,
        "privileges": ["SELECT"],
    }
    if relation.personal:
        # A mask has to have the exact type of its column.
        rule["columns"] = [
            {"name": name, "mask": f"cast(null as {relation.columns[name]})"}
            for name in sorted(relation.personal)
        ]
    return rule


def _consent_filter(relation: Relation) -> dict[str, str]:
    if relation.full_name == CUSTOMERS:
        return {"filter": CONSENT}
    return {"filter": HAS_CONSENT} if "customer_id" in relation.columns else {}
