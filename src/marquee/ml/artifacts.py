"""Tables of artefacts: the rows of several model versions, and what the registry says of them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml import versions
from marquee.ml.tabular.artifacts import ArtifactRow, training_fact

# What a version is made of besides its algorithm; all but the first are columns of evaluations.
FACTS = (
    "as_of_date",
    "training_row_count",
    "training_fingerprint",
    "specification",
    "package_versions",
    "code_version",
)

ARTIFACT_SCHEMA = pa.schema(
    [
        (name, pa.string())
        for name in (
            "model_name",
            "model_version",
            "algorithm",
            "artifact_name",
            "entry_id",
            "field_name",
            "entry_text",
        )
    ]
)

Artifacts = dict[str, list[ArtifactRow]]


def read_artifacts(table: pa.Table) -> Artifacts:
    """Gives the rows of each model version, the versions and the rows in sorted order."""
    names = ("artifact_name", "entry_id", "field_name", "entry_text")
    columns = [table[name].cast(pa.string()).to_pylist() for name in ("model_version", *names)]
    found: Artifacts = {}
    for version, *row in zip(*columns, strict=True):
        found.setdefault(version, []).append(ArtifactRow(*row))
    return {version: sorted(found[version]) for version in sorted(found)}


def artifact_table(model_name: str, artifacts: Mapping[str, Iterable[ArtifactRow]]) -> pa.Table:
    """Writes the rows of model versions as a table of ARTIFACT_SCHEMA."""
    rows = [
        (model_name, version, algorithm_of_rows(rows), *row)
        for version, rows in ((key, list(value)) for key, value in sorted(artifacts.items()))
        for row in rows
    ]
    named = [dict(zip(ARTIFACT_SCHEMA.names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, schema=ARTIFACT_SCHEMA)


def algorithm_of_rows(rows: Iterable[ArtifactRow]) -> str:
    """Gives the algorithm of a version's rows."""
    return next(
        row.entry_text
        for row in rows
        if (row.artifact_name, row.entry_id) == ("model", "algorithm")
    )


def version_of(model_name: str, algorithm: str, facts: Mapping[str, str]) -> str:
    """Names the version that an algorithm makes of what FACTS tell."""
    return versions.model_version(
        model_name,
        algorithm,
        facts["specification"],
        facts["training_fingerprint"],
        facts["package_versions"],
        facts["code_version"],
    )


def identity_of(model_name: str, version: str, rows: list[ArtifactRow]) -> dict[str, Any]:
    """Gives the columns of the evaluations that say which version it is."""
    facts = {name: training_fact(rows, name) for name in FACTS[1:]}
    return {
        "model_name": model_name,
        "model_version": version,
        "algorithm": algorithm_of_rows(rows),
        **facts,
        "training_row_count": int(facts["training_row_count"]),
    }


def registered_artifacts(table: pa.Table | None) -> tuple[Artifacts, list[str]]:
    """Gives the registered versions, and those that the registry names champion: one or none.

    Args:
        table: Table of ARTIFACT_SCHEMA and is_champion; None without a registry.
    """
    if table is None:
        return {}, []
    champions = pc.unique(table.filter(table["is_champion"])["model_version"]).to_pylist()
    return read_artifacts(table), sorted(champions)


def waiting_versions(known: Artifacts, as_of_date: dt.date, cadence_days: int | None) -> Artifacts:
    """Gives the versions of the last training before a day if it is too early for another one.

    Args:
        known: Registered versions.
        as_of_date: Snapshot day of this build.
        cadence_days: Days of data between two trainings; None if days are no reason to train.
    """
    trained_on = {
        version: dt.date.fromisoformat(training_fact(rows, "as_of_date"))
        for version, rows in known.items()
    }
    last = max((day for day in trained_on.values() if day < as_of_date), default=None)
    if last is None or (cadence_days is not None and (as_of_date - last).days >= cadence_days):
        return {}
    return {version: known[version] for version, day in trained_on.items() if day == last}
