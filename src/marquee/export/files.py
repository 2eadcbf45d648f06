"""Writes the models of a build as files, with an index that says what each one is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from onnx import ModelProto

from marquee.export.fields import CLUSTERING_OUTPUTS, DOUBLE, Field, input_fields
from marquee.export.onnx_models import clustering_onnx, onnx_model, onnx_outputs
from marquee.export.pmml import clustering_pmml, linear_pmml, pmml_outputs
from marquee.ml.artifacts import read_artifacts
from marquee.ml.churn import linear_version
from marquee.ml.churn.rows import TARGET
from marquee.ml.segmentation.artifacts import ALGORITHM as K_MEANS
from marquee.ml.segmentation.training import SEGMENTS
from marquee.ml.tabular.artifacts import read_model
from marquee.ml.tabular.estimators import BoostingEstimator
from marquee.ml.tabular.models import FittedModel
from marquee.ml.tabular.plugged import PluggedEstimator

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
    """Writes the champions, and the best linear challenger of one that is not linear.

    Nothing is fitted: the files are made of the artefacts that score. A constant has no inputs and
    is written as PMML only; of an estimator from elsewhere nobody knows how to write it, so there
    is no file of it.

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
        exported += _written(folder, *part)
    exported += _written_segments(connection, warehouse, folder)
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


def _written(
    folder: Path, model_name: str, version: str, role: str, model: FittedModel
) -> Iterator[ExportedModel]:
    if isinstance(model.estimator, PluggedEstimator):
        return
    name = f"{model_name}_{version}"
    facts = {"model_name": model_name, "model_version": version, "algorithm": model.algorithm}
    inputs = input_fields(model.encoding)
    if role == CHAMPION and inputs:
        graph = onnx_model(model, name, facts)
        yield _file(folder, facts, role, graph, inputs, onnx_outputs(model))
    if not isinstance(model.estimator, BoostingEstimator):
        text = linear_pmml(model, name, TARGET)
        yield _file(folder, facts, role, text, inputs, pmml_outputs(model))


def _written_segments(
    connection: duckdb.DuckDBPyConnection, warehouse: str, folder: Path
) -> Iterator[ExportedModel]:
    try:
        rows = connection.execute(
            "select model_version, segment_id, taste_feature, centroid_units, feature_weight "
            f"from {warehouse}.predictions.train_segment_centroids "
            "order by segment_id, taste_feature"
        ).fetchall()
    except duckdb.CatalogException:
        return  # a warehouse from before segments
    if not rows:
        return
    version = rows[0][0]
    segments = sorted({row[1] for row in rows})
    weight_of = {row[2]: row[4] for row in rows}
    centroids = {str(segment): dict[str, Decimal]() for segment in segments}
    for _, segment, feature, units, _ in rows:
        centroids[str(segment)][feature] = Decimal(units)
    features = sorted(weight_of)
    places = [[int(centroids[str(one)][feature]) for feature in features] for one in segments]
    name = f"{SEGMENTS}_{version}"
    facts = {"model_name": SEGMENTS, "model_version": version, "algorithm": K_MEANS}
    weights = np.array([weight_of[feature] for feature in features], np.int64)
    graph = clustering_onnx(name, features, segments, np.array(places, np.int64), weights, facts)
    # A customer has no row for a genre that he has never watched.
    nothing = dict.fromkeys(features, Decimal(0))
    exact = {feature: Decimal(weight) for feature, weight in weight_of.items()}
    text = clustering_pmml(name, centroids, nothing, exact)
    inputs = tuple(Field(feature, DOUBLE) for feature in features)
    for content in (graph, text):
        yield _file(folder, facts, CHAMPION, content, inputs, CLUSTERING_OUTPUTS)


def _file(
    folder: Path,
    facts: dict[str, str],
    role: str,
    written: ModelProto | str,
    inputs: tuple[Field, ...],
    outputs: tuple[Field, ...],
) -> ExportedModel:
    kind = PMML if isinstance(written, str) else ONNX
    content = (
        written.encode()
        if isinstance(written, str)
        else written.SerializeToString(deterministic=True)
    )
    file = f"{facts['model_name']}/{facts['model_version']}.{kind}"
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return ExportedModel(
        **facts, role=role, format=kind, file=file, sha256=digest, inputs=inputs, outputs=outputs
    )
