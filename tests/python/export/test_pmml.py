"""What a PMML engine on Java computes is what the project computes."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from marquee.export import clustering_pmml, linear_pmml
from marquee.export.pmml import pmml_outputs
from marquee.ml.tabular.targets import BINARY, MULTICLASS, NUMERIC
from tests.python.export.cases import models, of_model, unforeseen
from tests.python.export.engines import jpmml, pmml_scores, rows_of_text
from tests.python.java import Programs

pytestmark = pytest.mark.slow

CENTROIDS = {
    "s2": {"minutes": Decimal("1.5"), "share": Decimal("-0.25")},
    "s1": {"minutes": Decimal("-1.5"), "share": Decimal("-0.25")},
    "s3": {"minutes": Decimal("0.0000000001"), "share": Decimal("2.00000000")},
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return jpmml(tmp_path_factory.mktemp("classes"))


@pytest.mark.parametrize("kind", [BINARY, MULTICLASS, NUMERIC])
def test_the_scores_of_linear_models_are_ours(programs: Programs, tmp_path: Path, kind: str):
    model = models(kind)["linear"]
    features = of_model(unforeseen(), model)
    file = tmp_path / "model.pmml"
    file.write_text(linear_pmml(model, "a", "answer"), encoding="utf-8")
    found = pmml_scores(programs, file, rows_of_text(features))
    scores = np.array([list(map(float, values)) for values in found.values()]).T
    expected = model.predict(features)
    assert (np.abs(scores - expected) / np.maximum(1.0, np.abs(expected))).max() < 1e-9
    assert tuple(found) == tuple(output.name for output in pmml_outputs(model))


@pytest.mark.parametrize("kind", [BINARY, MULTICLASS, NUMERIC])
def test_a_constant_answers_alike_whatever_is_given(programs: Programs, tmp_path: Path, kind: str):
    model = models(kind)["constant"]
    file = tmp_path / "model.pmml"
    file.write_text(linear_pmml(model, "a", "answer"), encoding="utf-8")
    found = pmml_scores(programs, file, [{"anything": "1"}, {"anything": None}])
    scores = np.array([list(map(float, values)) for values in found.values()]).T
    assert np.abs(scores - model.predict(unforeseen(2))).max() < 1e-9


def test_trees_are_no_linear_model():
    with pytest.raises(ValueError, match="gradient_boosting is no linear model"):
        linear_pmml(models(BINARY)["boosting"], "a", "answer")


def nearest(row: dict[str, float | None], fillings: dict[str, float]) -> str:
    """The first of the nearest segments, by the definition."""

    def distance(segment: str) -> float:
        pairs = [
            (fillings.get(name) if value is None else value, float(CENTROIDS[segment][name]))
            for name, value in row.items()
        ]
        return sum((value - own) ** 2 for value, own in pairs if value is not None)

    return min(sorted(CENTROIDS), key=distance)


@pytest.mark.parametrize("fillings", [{}, {"minutes": 0.75}, {"minutes": 0.75, "share": 1.25}])
def test_customers_get_the_nearest_segment(
    programs: Programs, tmp_path: Path, fillings: dict[str, float]
):
    generator = np.random.default_rng(1)
    rows: list[dict[str, float | None]] = [
        {
            name: None if generator.random() < 0.3 else float(generator.normal(scale=2.0))
            for name in ("minutes", "share")
        }
        for _ in range(300)
    ]
    rows = [row for row in rows if fillings or any(value is not None for value in row.values())]
    rows.append({"minutes": 0.0, "share": -0.25})  # as far from s1 as from s2
    file = tmp_path / "segments.pmml"
    exact = {name: Decimal(str(value)) for name, value in fillings.items()}
    file.write_text(clustering_pmml("segments", CENTROIDS, exact), encoding="utf-8")
    texts = [
        {name: None if value is None else repr(value) for name, value in row.items()}
        for row in rows
    ]
    found = pmml_scores(programs, file, texts)
    assert found["segment_id"] == [nearest(row, fillings) for row in rows]
    assert found["segment_id"][-1] == "s1"
    assert set(found["segment_id"]) == set(CENTROIDS)
    assert float(found["squared_distance"][-1]) == pytest.approx(2.25, abs=1e-12)


def test_centroids_must_have_the_same_features():
    odd = CENTROIDS | {"s4": {"minutes": Decimal(1)}}
    with pytest.raises(ValueError, match="the centroids of segments differ"):
        clustering_pmml("segments", odd)
