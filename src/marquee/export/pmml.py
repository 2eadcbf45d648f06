"""Linear models and centroids as PMML 4.4: from the values of features to the answer.

A field that is not given is one of which nothing is known. Booleans are 0 and 1.
"""

from collections.abc import Mapping
from decimal import Decimal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from marquee.export.fields import DOUBLE, SEGMENT, SQUARED_DISTANCE, STRING, Field, input_fields
from marquee.ml.tabular.artifacts import number_text
from marquee.ml.tabular.encoding import CATEGORY, VALUE, EncodedColumn
from marquee.ml.tabular.estimators import ConstantEstimator, LinearEstimator
from marquee.ml.tabular.features import MISSING_CATEGORY
from marquee.ml.tabular.models import FittedModel
from marquee.ml.tabular.targets import BINARY, MULTICLASS, NUMERIC

_NAMESPACE = "http://www.dmg.org/PMML-4_4"
_CONTINUOUS = {"optype": "continuous", "dataType": DOUBLE}
_CATEGORICAL = {"optype": "categorical", "dataType": STRING}
_NORMALISATIONS = {BINARY: "logit", MULTICLASS: "softmax", NUMERIC: "none"}


def linear_pmml(model: FittedModel, model_name: str, target: str) -> str:
    """Writes a linear model, or a constant.

    Args:
        model: Its calibration is folded into the coefficients.
        model_name: Name of the model.
        target: Name of what is predicted, no feature.

    Returns:
        XML. Outputs: `probability` of true, `probability_` and the class for each of several
        classes, or `value` of a number.

    Raises:
        ValueError: If the model is neither linear nor constant.
    """
    coefficients = _calibrated(model)
    is_number = model.kind == NUMERIC
    document, dictionary = _document()
    _data_field(dictionary, target, None if is_number else model.classes)
    for field in input_fields(model.encoding):
        _data_field(dictionary, field.name, () if field.type == STRING else None)
    regression = SubElement(
        document,
        "RegressionModel",
        modelName=model_name,
        functionName="regression" if is_number else "classification",
        normalizationMethod=_NORMALISATIONS[model.kind],
    )
    schema = SubElement(regression, "MiningSchema")
    SubElement(schema, "MiningField", name=target, usageType="target")
    for feature in model.encoding.features:
        SubElement(schema, "MiningField", name=feature)
    outputs = SubElement(regression, "Output")
    for name, category in _answers(model).items():
        output = SubElement(outputs, "OutputField", _CONTINUOUS, name=name)
        output.set("feature", "predictedValue" if category is None else "probability")
        if category is not None:
            output.set("value", category)
    derived = SubElement(regression, "LocalTransformations")
    for position, column in enumerate(model.encoding.columns):
        _standardised_field(derived, _column_name(position), column)
    # Of two classes the second is the true one.
    named = model.classes[1:] if model.kind == BINARY else model.classes or (None,)
    for category, own in zip(named, coefficients, strict=True):
        table = SubElement(regression, "RegressionTable", intercept=number_text(own[0]))
        if category is not None:
            table.set("targetCategory", category)
        for position, value in enumerate(own[1:].tolist()):
            SubElement(
                table,
                "NumericPredictor",
                name=_column_name(position),
                coefficient=number_text(value),
            )
    if model.kind == BINARY:
        SubElement(regression, "RegressionTable", intercept="0", targetCategory=model.classes[0])
    return _text(document)


def pmml_outputs(model: FittedModel) -> tuple[Field, ...]:
    """Gives the outputs of what `linear_pmml` writes."""
    return tuple(Field(name, DOUBLE) for name in _answers(model))


def clustering_pmml(
    name: str,
    centroids: Mapping[str, Mapping[str, Decimal]],
    fillings: Mapping[str, Decimal] | None = None,
    weights: Mapping[str, Decimal] | None = None,
) -> str:
    """Writes k-means centroids: nearest by squared Euclidean distance, ties to the first segment.

    Args:
        name: Name of the model.
        centroids: Coordinates by feature, by segment, at least one; all with the same features, in
            the unit of the inputs.
        fillings: What stands for missing values, by feature. A missing value of other features is
            left out of the distance to every centroid.
        weights: By what the square of a difference counts, by feature; 1 for others.

    Returns:
        XML. Outputs: `segment_id`, and `squared_distance` to its centroid.

    Raises:
        ValueError: If the centroids differ in their features.
    """
    filling_of, weight_of = fillings or {}, weights or {}
    [features, *others] = [tuple(sorted(found)) for found in centroids.values()]
    if any(found != features for found in others):
        raise ValueError(f"the centroids of {name} differ in their features")
    document, dictionary = _document()
    for feature in features:
        _data_field(dictionary, feature, None)
    clustering = SubElement(
        document,
        "ClusteringModel",
        modelName=name,
        functionName="clustering",
        modelClass="centerBased",
        numberOfClusters=str(len(centroids)),
    )
    schema = SubElement(clustering, "MiningSchema")
    for feature in features:
        field = SubElement(schema, "MiningField", name=feature)
        if feature in filling_of:
            field.set("missingValueReplacement", _decimal_text(filling_of[feature]))
    outputs = SubElement(clustering, "Output")
    SubElement(outputs, "OutputField", _CATEGORICAL, name=SEGMENT, feature="predictedValue")
    SubElement(outputs, "OutputField", _CONTINUOUS, name=SQUARED_DISTANCE, feature="affinity")
    measure = SubElement(clustering, "ComparisonMeasure", kind="distance")
    SubElement(measure, "squaredEuclidean")
    for feature in features:
        compared = SubElement(
            clustering, "ClusteringField", field=feature, compareFunction="absDiff"
        )
        if feature in weight_of:
            compared.set("fieldWeight", _decimal_text(weight_of[feature]))
    # Numbers in their order: the second before the tenth.
    for segment in sorted(centroids, key=lambda one: (len(one), one)):
        cluster = SubElement(clustering, "Cluster", id=segment)
        values = [_decimal_text(centroids[segment][feature]) for feature in features]
        SubElement(cluster, "Array", n=str(len(values)), type="real").text = " ".join(values)
    return _text(document)


def _document() -> tuple[Element, Element]:
    """Gives an empty document and its dictionary of fields."""
    document = Element("PMML", xmlns=_NAMESPACE, version="4.4")
    SubElement(SubElement(document, "Header"), "Application", name="marquee")
    return document, SubElement(document, "DataDictionary")


def _data_field(dictionary: Element, name: str, categories: tuple[str, ...] | None) -> None:
    """Declares a number, or a text if there are categories; none are listed where any may come."""
    kind = _CONTINUOUS if categories is None else _CATEGORICAL
    field = SubElement(dictionary, "DataField", kind, name=name)
    for category in categories or ():
        SubElement(field, "Value", value=category)


def _answers(model: FittedModel) -> dict[str, str | None]:
    """Gives the outputs, and of which class each is the probability; of none if it is a number."""
    if model.kind == NUMERIC:
        return {"value": None}
    if model.kind == BINARY:
        return {"probability": model.classes[1]}
    return {f"probability_{category}": category for category in model.classes}


def _calibrated(model: FittedModel) -> np.ndarray:
    """Gives coefficients and intercepts of calibrated margins, shape (outputs, 1 + columns)."""
    estimator = model.estimator
    if isinstance(estimator, LinearEstimator):
        found = estimator.coefficients * model.calibration.slope
    elif isinstance(estimator, ConstantEstimator):
        found = np.zeros((len(estimator.base), 1 + len(model.encoding.columns)))
        found[:, 0] = estimator.base * model.calibration.slope
    else:
        raise ValueError(f"{model.algorithm} is no linear model")
    found[:, 0] += model.calibration.intercept
    return found


def _column_name(position: int) -> str:
    # No feature's name has a blank.
    return f"column {position}"


def _standardised_field(derived: Element, name: str, column: EncodedColumn) -> None:
    field = SubElement(derived, "DerivedField", _CONTINUOUS, name=name)
    quotient = _apply(field, "/")
    difference = _apply(quotient, "-")
    _add_filled(difference, column)
    _constant(difference, column.centre)
    _constant(quotient, column.scale)


def _add_filled(parent: Element, column: EncodedColumn) -> None:
    """Adds the column before it is standardised: a number, or 1 and 0."""
    choice = _apply(parent, "if")
    SubElement(_apply(choice, "isMissing"), "FieldRef", field=column.feature)
    if column.kind == CATEGORY and column.category != MISSING_CATEGORY:
        _constant(choice, 0.0)
        is_it = _apply(choice, "if")
        equal = _apply(is_it, "equal")
        SubElement(equal, "FieldRef", field=column.feature)
        SubElement(equal, "Constant", dataType=STRING).text = column.category
        _constant(is_it, 1.0)
        _constant(is_it, 0.0)
    elif column.kind == VALUE:
        _constant(choice, column.median)
        SubElement(choice, "FieldRef", field=column.feature)
    else:
        _constant(choice, 1.0)
        _constant(choice, 0.0)


def _apply(parent: Element, function: str) -> Element:
    return SubElement(parent, "Apply", function=function)


def _constant(parent: Element, value: float) -> None:
    SubElement(parent, "Constant", dataType=DOUBLE).text = number_text(value)


def _decimal_text(value: Decimal) -> str:
    return format(value, "f")


def _text(document: Element) -> str:
    ElementTree.indent(document)
    return ElementTree.tostring(document, encoding="unicode", xml_declaration=True) + "\n"
