"""Writes the models of a build as files, with an index that says what each one is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from marquee.export.fields import Field, input_fields
from marquee.export.onnx_models import onnx_model, onnx_outputs
from marquee.export.pmml import linear_pmml, pmml_outputs
from marquee.ml.churn import linear_version
from marquee.ml.churn.artifacts import read_artifacts
from marquee.ml.churn.rows import TARGET
from marquee.ml.tabular.artifacts import read_model
from marquee.ml.tabular.estimators import BoostingEstimator
from marquee.ml.tabular.models import FittedModel

INDEX = "index.json"
CHAMPION = "champion"
BEST_LINEAR_CHALLENGER = "best linear challenger"
ONNX, PMML = "onnx", "pmml"


@dataclass(frozen=True)
class ExportedModel:
    """One file, as the index describes it."""

    model_name: str
    model_version: str
    algorithm: str
    role: str
    format: str
    file: str
    """Beside the index."""
    sha256: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]


def export_models(
    connection: duckdb.DuckDBPyConnection, warehouse: str, folder: Path
) -> list[ExportedModel]:
    """Writes the champion, and the best linear challenger of one that is not linear.

    Nothing is fitted: the files are made of the artefacts that score. A constant has no inputs and
    is written as PMML only.

    Args:
        connection: An engine in which the built warehouse is attached.
        warehouse: Its name there.
        folder: Where the files and the index go; the index is written in any case.

    Returns:
        What was written, sorted by file.

    Raises:
        ValueError: If a model can't be written, or there are two champions.
    """
    folder.mkdir(parents=True)
    exported: list[ExportedModel] = []
    for part in _chosen(connection, warehouse):
        exported += _write(folder, *part)
    entries = sorted(exported, key=lambda one: one.file)
    index = {"models": [asdict(entry) for entry in entries]}
    (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    return entries


def _chosen(
    connection: duckdb.DuckDBPyConnection, warehouse: str
) -> Iterator[tuple[str, str, str, FittedModel]]:
    """Yields model name, version, role and model of what is to be written."""
    try:
        decisions, artifacts = (
            connection.execute(f"from {warehouse}.predictions.{name}").to_arrow_table()
            for name in ("eval_churn_decisions", "train_churn_models")
        )
    except duckdb.CatalogException:
        return  # a warehouse from before churn, or of other use cases
    champions = decisions.filter(pc.equal(decisions["status"], CHAMPION)).to_pylist()
    roles = {row["model_version"]: CHAMPION for row in champions}
    if len(roles) > 1:
        raise ValueError(f"there is more than one champion: {sorted(roles)}")
    linear = linear_version(decisions)
    if champions and linear is not None:
        roles.setdefault(linear, BEST_LINEAR_CHALLENGER)
    for version, role in roles.items():
        own = artifacts.filter(pc.equal(artifacts["model_version"].cast(pa.string()), version))
        [(_, rows)] = read_artifacts(own).items()
        yield champions[0]["model_name"], version, role, read_model(rows)


def _write(
    folder: Path, model_name: str, version: str, role: str, model: FittedModel
) -> Iterator[ExportedModel]:
    name = f"{model_name}_{version}"
    found: list[tuple[str, bytes, tuple[Field, ...]]] = []
    if role == CHAMPION and model.encoding.features:
        facts = {"model_name": model_name, "model_version": version, "algorithm": model.algorithm}
        graph = onnx_model(model, name, facts)
        found.append((ONNX, graph.SerializeToString(deterministic=True), onnx_outputs(model)))
    if not isinstance(model.estimator, BoostingEstimator):
        found.append((PMML, linear_pmml(model, name, TARGET).encode(), pmml_outputs(model)))
    for kind, content, outputs in found:
        file = f"{model_name}/{version}.{kind}"
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(content)
        yield ExportedModel(
            model_name,
            version,
            model.algorithm,
            role,
            kind,
            file,
            hashlib.sha256(content).hexdigest(),
            input_fields(model.encoding),
            outputs,
        )
