"""Fitted models and centroids as ONNX: from the values of features to the answer, in doubles.

Each feature is an input of shape (rows, 1): a double, NaN where nothing is known (booleans are 0
and 1), or a text, empty where nothing is known. Nothing else is left to do outside.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

from marquee.export.fields import (
    CLUSTERING_OUTPUTS,
    DOUBLE,
    SEGMENT,
    SQUARED_DISTANCE,
    STRING,
    Field,
    input_fields,
)
from marquee.export.tree_nodes import tree_nodes
from marquee.ml.tabular.encoding import CATEGORY, MISSING, EncodedColumn, Encoding
from marquee.ml.tabular.estimators import BoostingEstimator, LinearEstimator
from marquee.ml.tabular.models import FittedModel
from marquee.ml.tabular.targets import BINARY, MULTICLASS, NUMERIC

# The oldest with trees in doubles and equal texts; read by onnxruntime 1.20 and newer.
_OPSETS = {"": 19, "ai.onnx.ml": 5}
_IR_VERSION = 10
_SUM, _NO_TRANSFORM = 1, 0
_LEAST_OR_EQUAL = 0
_ELEMENT_TYPES = {DOUBLE: TensorProto.DOUBLE, STRING: TensorProto.STRING}
_OUTPUTS = {
    BINARY: ("log_odds", "probability"),
    MULTICLASS: ("margins", "probabilities"),
    NUMERIC: ("value",),
}
_LINKS: dict[str, tuple[str, dict[str, Any]]] = {
    BINARY: ("Sigmoid", {}),
    MULTICLASS: ("Softmax", {"axis": 1}),
}


def onnx_model(model: FittedModel, name: str, facts: dict[str, str]) -> ModelProto:
    """Writes a model that uses at least one feature.

    Args:
        model: Linear model or trees.
        name: Name of the graph.
        facts: What else the file says about itself, by name.

    Returns:
        A checked model. Outputs, shape (rows, outputs): `log_odds` (of a binary target; `margins`
        of several classes) and `probability`, `probabilities`, or `value` of a number.

    Raises:
        ValueError: If the model is a constant, or its trees ask what ONNX can't.
    """
    graph = _Graph()
    margins_name, *predictions = (output.name for output in onnx_outputs(model))
    margins = graph.call("Identity", _margins(graph, model), name=margins_name)
    for prediction in predictions:
        operator, attributes = _LINKS[model.kind]
        graph.call(operator, margins, name=prediction, **attributes)
    width = len(model.classes) if model.kind == MULTICLASS else 1
    inputs, outputs = input_fields(model.encoding), onnx_outputs(model)
    return _checked(graph, name, _values(inputs, 1), _values(outputs, width), facts)


def clustering_onnx(
    name: str,
    features: Sequence[str],
    segments: Sequence[int],
    centroids: npt.NDArray[np.int64],
    weights: npt.NDArray[np.int64],
    facts: dict[str, str],
) -> ModelProto:
    """Writes k-means centroids: nearest by weighted squared distance, of equal ones the first.

    Args:
        name: Name of the graph.
        features: Names of the inputs; what is not known (NaN) is 0.
        segments: Numbers of the segments.
        centroids: Shape (segments, features), in the unit of the inputs.
        weights: By what the square of a difference counts, shape (features,).
        facts: What else the file says about itself, by name.

    Returns:
        A checked model. Outputs of shape (rows, 1): `segment_id`, a text, and `squared_distance`.
    """
    graph = _Graph()
    raw = graph.call("Concat", *features, axis=1)
    zero = graph.constant(np.float64(0))
    units = graph.call("Where", graph.call("IsNaN", raw), zero, raw)
    apart = graph.call("Unsqueeze", units, graph.constant(np.array([1])))
    difference = graph.call("Sub", apart, graph.constant(centroids[None].astype(np.float64)))
    square = graph.call("Mul", difference, difference)
    weighted = graph.call("Mul", square, graph.constant(weights.astype(np.float64)))
    axis = graph.constant(np.array([2]))
    distances = graph.call("ReduceSum", weighted, axis, keepdims=0)
    place = graph.call("ArgMin", distances, axis=1, keepdims=1)
    numbers = graph.constant(np.array([str(segment) for segment in segments], dtype=object))
    graph.call("Gather", numbers, place, name=SEGMENT)
    graph.call("ReduceMin", distances, graph.constant(np.array([1])), name=SQUARED_DISTANCE)
    inputs = tuple(Field(feature, DOUBLE) for feature in features)
    return _checked(graph, name, _values(inputs, 1), _values(CLUSTERING_OUTPUTS, 1), facts)


def _checked(
    graph: "_Graph",
    name: str,
    inputs: list[ValueInfoProto],
    outputs: list[ValueInfoProto],
    facts: dict[str, str],
) -> ModelProto:
    found = helper.make_model(
        helper.make_graph(graph.nodes, name, inputs, outputs, graph.initializers),
        opset_imports=[helper.make_opsetid(*opset) for opset in _OPSETS.items()],
        ir_version=_IR_VERSION,
        producer_name="marquee",
    )
    helper.set_model_props(found, facts)
    checker.check_model(found, full_check=True)
    return found


def onnx_outputs(model: FittedModel) -> tuple[Field, ...]:
    """Gives the outputs of what `onnx_model` writes."""
    return tuple(Field(name, DOUBLE) for name in _OUTPUTS[model.kind])


def _values(fields: tuple[Field, ...], width: int) -> list[ValueInfoProto]:
    """Declares inputs or outputs of shape (rows, width)."""
    return [
        helper.make_tensor_value_info(field.name, _ELEMENT_TYPES[field.type], ["rows", width])
        for field in fields
    ]


class _Graph:
    """Nodes and constants, each with a name of its own.

    Names begin with a slash, so that no feature has one of them.
    """

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []

    def call(
        self, operator: str, *inputs: str, name: str = "", domain: str = "", **attributes: Any
    ) -> str:
        """Adds a node; gives the name of its output."""
        output = name or f"/{operator}_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(operator, list(inputs), [output], domain=domain, **attributes)
        )
        return output

    def constant(self, values: npt.ArrayLike) -> str:
        """Adds an array; gives its name."""
        name = f"/constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(values), name))
        return name


def _margins(graph: _Graph, model: FittedModel) -> str:
    estimator, encoding = model.estimator, model.encoding
    if isinstance(estimator, LinearEstimator):
        found = _linear_margins(graph, encoding, estimator)
    elif isinstance(estimator, BoostingEstimator):
        found = _tree_margins(graph, encoding, estimator)
    else:
        raise ValueError("a constant has no inputs, so there is nothing that ONNX could compute")
    sloped = graph.call("Mul", found, graph.constant(np.float64(model.calibration.slope)))
    return graph.call("Add", sloped, graph.constant(np.float64(model.calibration.intercept)))


def _linear_margins(graph: _Graph, encoding: Encoding, estimator: LinearEstimator) -> str:
    raw = _raw_columns(graph, encoding.columns)
    medians, centres, scales = (
        graph.constant(np.array([[getattr(column, name) for column in encoding.columns]]))
        for name in ("median", "centre", "scale")
    )
    filled = graph.call("Where", graph.call("IsNaN", raw), medians, raw)
    standardised = graph.call("Div", graph.call("Sub", filled, centres), scales)
    product = graph.call(
        "MatMul", standardised, graph.constant(estimator.coefficients[:, 1:].T.copy())
    )
    return graph.call("Add", product, graph.constant(estimator.coefficients[:, 0][None, :]))


def _tree_margins(graph: _Graph, encoding: Encoding, estimator: BoostingEstimator) -> str:
    nodes = tree_nodes(estimator.text)
    return graph.call(
        "TreeEnsemble",
        _raw_columns(graph, encoding.tree_columns),
        domain="ai.onnx.ml",
        n_targets=estimator.output_count,
        aggregate_function=_SUM,
        post_transform=_NO_TRANSFORM,
        tree_roots=nodes.roots,
        nodes_featureids=nodes.features,
        nodes_splits=numpy_helper.from_array(np.array(nodes.thresholds, np.float64)),
        nodes_modes=numpy_helper.from_array(
            np.full(len(nodes.features), _LEAST_OR_EQUAL, np.uint8)
        ),
        nodes_missing_value_tracks_true=list(map(int, nodes.is_missing_true)),
        nodes_truenodeids=nodes.true_children,
        nodes_trueleafs=list(map(int, nodes.is_true_leaf)),
        nodes_falsenodeids=nodes.false_children,
        nodes_falseleafs=list(map(int, nodes.is_false_leaf)),
        leaf_targetids=nodes.leaf_outputs,
        leaf_weights=numpy_helper.from_array(np.array(nodes.leaf_values, np.float64)),
    )


def _raw_columns(graph: _Graph, columns: Sequence[EncodedColumn]) -> str:
    """Gives the columns as features have them, NaN where missing, shape (rows, columns)."""
    parts = []
    for column in columns:
        if column.kind == CATEGORY:
            found = graph.call(
                "Equal", column.feature, graph.constant(np.array([[column.category]], dtype=object))
            )
            parts.append(graph.call("Cast", found, to=TensorProto.DOUBLE))
        elif column.kind == MISSING:
            found = graph.call("IsNaN", column.feature)
            parts.append(graph.call("Cast", found, to=TensorProto.DOUBLE))
        else:
            parts.append(column.feature)
    return graph.call("Concat", *parts, axis=1)
