"""Tables of artefacts: the rows of several model versions."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from marquee.ml.tabular.artifacts import ArtifactRow, training_fact

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


def facts_of(rows: list[ArtifactRow], names: Iterable[str]) -> dict[str, str]:
    """Gives facts of the training of a version by name."""
    return {name: training_fact(rows, name) for name in names}
