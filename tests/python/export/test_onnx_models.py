"""What onnxruntime computes from features is what the project computes."""

import numpy as np
import onnx
import pytest

from marquee.export import onnx_model
from marquee.export.onnx_models import onnx_outputs
from marquee.export.tree_nodes import tree_nodes
from marquee.ml.tabular.encoding import fit_encoding
from marquee.ml.tabular.estimators import BoostingEstimator, fit_boosting
from marquee.ml.tabular.models import FittedModel
from marquee.ml.tabular.targets import BINARY, MULTICLASS, NUMERIC
from tests.python.export.cases import models, of_model, unforeseen
from tests.python.export.engines import onnx_scores
from tests.python.ml.tabular.test_training import features_of, target_of

KINDS = (BINARY, MULTICLASS, NUMERIC)


@pytest.mark.parametrize("family", ["linear", "boosting"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_scores_are_ours(kind: str, family: str) -> None:
    model = models(kind)[family]
    features = of_model(unforeseen(), model)
    found = onnx_scores(onnx_model(model, "a", {}).SerializeToString(), features)
    margins, prediction = next(iter(found.values())), list(found.values())[-1]
    expected = model.margins(features)
    assert (np.abs(margins - expected) / np.maximum(1.0, np.abs(expected))).max() < 1e-12
    if kind != NUMERIC:
        assert np.abs(prediction - model.predict(features)).max() < 1e-12
    assert tuple(found) == tuple(output.name for output in onnx_outputs(model))


@pytest.mark.parametrize("family", ["linear", "boosting"])
def test_one_row_alone_gets_its_score(family: str) -> None:
    model = models(BINARY)[family]
    features = of_model(unforeseen(), model).take(np.array([3]))
    found = onnx_scores(onnx_model(model, "a", {}).SerializeToString(), features)
    assert found["probability"].shape == (1, 1)
    assert abs(found["probability"] - model.predict(features)).max() < 1e-12


def test_the_file_says_what_it_is_and_is_the_same_again() -> None:
    model = models(BINARY)["boosting"]
    contents = {
        onnx_model(model, "churn_v1", {"model_version": "v1"}).SerializeToString(deterministic=True)
        for _ in range(2)
    }
    [content] = contents
    found = onnx.load_from_string(content)
    assert found.graph.name == "churn_v1"
    assert {entry.key: entry.value for entry in found.metadata_props} == {"model_version": "v1"}


def test_trees_that_never_split_are_exported_too() -> None:
    features = features_of(60)
    target = target_of(features, BINARY)
    encoding = fit_encoding(features, features.names)
    settings = {"leaves": 4, "rounds": 3, "learning_rate": 0.1, "ridge": 0.0}
    estimator = fit_boosting(
        encoding.for_trees(features), target, settings | {"minimum_leaf_rows": 1000}, seed=1
    )
    model = FittedModel("gradient_boosting", BINARY, target.classes, encoding, estimator)
    found = onnx_scores(onnx_model(model, "a", {}).SerializeToString(), features)
    assert np.abs(found["log_odds"] - model.margins(features)).max() < 1e-12


def test_a_constant_has_no_inputs_to_compute_from() -> None:
    with pytest.raises(ValueError, match="a constant has no inputs"):
        onnx_model(models(BINARY)["constant"], "a", {})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"decision_type": 1 << 2 | 2}, "missing values of the kind Zero"),
        ({"decision_type": 1, "num_cat": 1}, "a split by =="),
    ],
)
def test_splits_that_can_not_be_told_are_refused(changed: dict[str, int], words: str) -> None:
    estimator = models(BINARY)["boosting"].estimator
    assert isinstance(estimator, BoostingEstimator)
    lines = estimator.text.splitlines()
    for position, line in enumerate(lines):
        name, _, values = line.partition("=")
        if name == "num_cat" and name in changed:
            lines[position] = "num_cat=1\ncat_boundaries=0 1\ncat_threshold=1"
        elif name == "threshold" and "num_cat" in changed:
            lines[position] = f"{name}={' '.join('0' for _ in values.split())}"
        elif name in changed:
            lines[position] = f"{name}={' '.join(str(changed[name]) for _ in values.split())}"
    text = "\n".join(line for line in lines if not line.startswith("tree_sizes"))
    with pytest.raises(ValueError, match=words):
        tree_nodes(text)
