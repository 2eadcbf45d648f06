"""Segments are the same outside: for onnxruntime, and for a PMML engine on Java."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from marquee.export import INDEX, export_models
from marquee.ml.segmentation.clustering import assign
from marquee.ml.tabular.features import Features
from tests.python.export.engines import jpmml, onnx_scores, pmml_scores

pytestmark = pytest.mark.slow

FEATURES = ("engagement:active_days", "genre:drama", "genre:war")
SEGMENTS = range(1, 12)
TABLE = "warehouse.predictions.train_segment_centroids"
WEIGHTS = np.array([250, 1000, 1000])


@pytest.fixture(scope="module")
def centroids() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 1_000_000, (len(SEGMENTS), len(FEATURES)))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, centroids: np.ndarray) -> Path:
    """What is written of a warehouse that has segments and no churn."""
    folder = tmp_path_factory.mktemp("exported") / "models"
    rows = [
        ("v1", segment, feature, int(centroids[place, column]), int(WEIGHTS[column]))
        for place, segment in enumerate(SEGMENTS)
        for column, feature in enumerate(FEATURES)
    ]
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse; create schema warehouse.predictions")
        connection.execute(
            f"create table {TABLE} (model_version varchar, segment_id bigint, "
            "taste_feature varchar, centroid_units bigint, feature_weight bigint)"
        )
        connection.executemany(f"insert into {TABLE} values (?, ?, ?, ?, ?)", rows)
        export_models(connection, "warehouse", folder)
    return folder


@pytest.fixture(scope="module")
def customers(centroids: np.ndarray) -> np.ndarray:
    """Units of customers; two of them stand between two segments, and 0 stands for no row."""
    random = np.random.default_rng(2)
    units = random.integers(0, 1_000_000, (400, len(FEATURES)))
    units[random.random(units.shape) < 0.3] = 0
    units[0] = centroids[3]
    return units


def test_the_index_names_the_champion_of_segments(exported: Path):
    models = json.loads((exported / INDEX).read_text())["models"]
    assert [(one["file"], one["role"], one["algorithm"]) for one in models] == [
        ("segments/v1.onnx", "champion", "k_means"),
        ("segments/v1.pmml", "champion", "k_means"),
    ]
    assert [field["name"] for field in models[0]["inputs"]] == list(FEATURES)


def test_onnxruntime_finds_the_nearest_segment(exported, centroids, customers):
    # What a customer has no row for may be 0 or unknown.
    numbers = {
        feature: np.where(customers[:, column] == 0, np.nan, customers[:, column].astype(float))
        for column, feature in enumerate(FEATURES)
    }
    content = (exported / "segments" / "v1.onnx").read_bytes()
    found = onnx_scores(content, Features(len(customers), numbers, {}))
    expected = assign(customers, centroids, WEIGHTS)
    assert [int(text) for text in found["segment_id"][:, 0]] == [SEGMENTS[i] for i in expected]
    assert found["squared_distance"][0, 0] == 0


def test_jpmml_finds_the_nearest_segment(exported, centroids, customers, tmp_path):
    rows = [
        {
            name: None if value == 0 else str(value)
            for name, value in zip(FEATURES, row, strict=True)
        }
        for row in customers
    ]
    found = pmml_scores(jpmml(tmp_path), exported / "segments" / "v1.pmml", rows)
    expected = assign(customers, centroids, WEIGHTS)
    assert [int(text) for text in found["segment_id"]] == [SEGMENTS[i] for i in expected]
