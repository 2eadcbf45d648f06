"""Fitted models as ONNX: from the values of features to log-odds and probability, in doubles.

Each feature is an input of shape (rows, 1): a double, NaN where nothing is known (booleans are 0
and 1), or a text, empty where nothing is known. Nothing else is left to do outside.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

from marquee.export.fields import DOUBLE, STRING, Field, input_fields
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
    found = helper.make_model(
        helper.make_graph(
            graph.nodes,
            name,
            _values(input_fields(model.encoding), 1),
            _values(onnx_outputs(model), width),
            graph.initializers,
        ),
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
