"""Fitted models as tall rows of text: what SQL can read, and the registry can keep for ever.

Numbers are written in the fewest decimal digits that give the same bits again, without exponents,
so that SQL can cast them; trees stand in LightGBM's own text, one row a tree.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from marquee.ml.tabular.calibration import Calibration
from marquee.ml.tabular.drift import Reference
from marquee.ml.tabular.encoding import CATEGORY, VALUE, EncodedColumn, Encoding
from marquee.ml.tabular.estimators import (
    BoostingEstimator,
    ConstantEstimator,
    Estimator,
    LinearEstimator,
    split_text,
)
from marquee.ml.tabular.models import FittedModel
from marquee.ml.tabular.plugged import PluggedEstimator
from marquee.ml.tabular.targets import MULTICLASS
from marquee.ml.tabular.training import TrainedCandidate
from marquee.ml.versions import canonical_json

INTERCEPT = "(intercept)"


class ArtifactRow(NamedTuple):
    """One row: artifact_name, entry_id, field_name and entry_text of the artefact tables."""

    artifact_name: str
    entry_id: str
    field_name: str
    entry_text: str


def number_text(value: float) -> str:
    """Writes a number in the fewest decimal digits that give the same bits again."""
    return np.format_float_positional(value, unique=True, trim="0")


def artifact_rows(trained: TrainedCandidate, facts: Mapping[str, str]) -> list[ArtifactRow]:
    """Writes a trained candidate.

    Args:
        trained: The candidate.
        facts: What else is to be kept about it, by name.

    Returns:
        Rows with a key of artifact_name, entry_id and field_name, sorted by it.
    """
    model = trained.model
    rows = [ArtifactRow("training", name, "", text) for name, text in facts.items()]
    rows += [
        ArtifactRow("model", "algorithm", "", model.algorithm),
        ArtifactRow("model", "kind", "", model.kind),
        ArtifactRow("model", "chosen_point", "", canonical_json(trained.point)),
        ArtifactRow("calibration", "slope", "", number_text(model.calibration.slope)),
        ArtifactRow("calibration", "intercept", "", number_text(model.calibration.intercept)),
    ]
    rows += [ArtifactRow("class", _place(at), "", name) for at, name in enumerate(model.classes)]
    for point, loss in trained.grid_losses:
        rows.append(ArtifactRow("grid", canonical_json(point), "", number_text(loss)))
    for (fold, metric), value in trained.fold_figures.items():
        rows.append(ArtifactRow("fold", fold, metric, number_text(value)))
    rows += _screening_rows(trained)
    for reference in trained.references:
        rows += _reference_rows(reference)
    for place, column in enumerate(model.encoding.columns):
        rows += _column_rows(_place(place), column)
    rows += _estimator_rows(model.estimator, len(model.encoding.columns))
    return sorted(rows)


def read_model(rows: Iterable[ArtifactRow]) -> FittedModel:
    """Reads a model that `artifact_rows` wrote, from rows in any order.

    Raises:
        KeyError: If a row is missing.
    """
    found: dict[str, dict[tuple[str, str], str]] = {}
    for row in rows:
        found.setdefault(row.artifact_name, {})[row.entry_id, row.field_name] = row.entry_text
    facts = found["model"]
    kind = facts["kind", ""]
    classes = tuple(text for _, text in sorted(found.get("class", {}).items()))
    columns = found.get("column", {})
    encoding = Encoding(
        tuple(_read_column(columns, place) for place in sorted({place for place, _ in columns}))
    )
    calibration = found["calibration"]
    return FittedModel(
        facts["algorithm", ""],
        kind,
        classes,
        encoding,
        _read_estimator(found, len(classes) if kind == MULTICLASS else 1),
        Calibration(float(calibration["slope", ""]), float(calibration["intercept", ""])),
    )


def read_references(rows: Iterable[ArtifactRow]) -> list[Reference]:
    """Reads how features were distributed in training, in the order of their names.

    Args:
        rows: What `artifact_rows` wrote, in any order; none of a model without features.
    """
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.artifact_name == "reference":
            found.setdefault(row.entry_id, {})[row.field_name] = row.entry_text
    return [_read_reference(feature, found[feature]) for feature in sorted(found)]


def training_fact(rows: Iterable[ArtifactRow], name: str) -> str:
    """Gives one of the facts that were kept.

    Raises:
        KeyError: If there is no such fact.
    """
    for row in rows:
        if row.artifact_name == "training" and row.entry_id == name:
            return row.entry_text
    raise KeyError(f"the artefacts hold no fact {name}")


def _place(position: int) -> str:
    return f"{position:05d}"


def _screening_rows(trained: TrainedCandidate) -> list[ArtifactRow]:
    importances = trained.model.importances()
    rows = []
    for feature in trained.screened:
        texts = {
            "missing_share": _rounded(feature.missing_share),
            "mutual_information": _rounded(feature.mutual_information),
            "reason": feature.reason,
        }
        if feature.variance is not None:
            texts["variance"] = _rounded(feature.variance)
        if feature.name in importances:
            texts["importance"] = _rounded(importances[feature.name])
        rows += [ArtifactRow("feature", feature.name, name, text) for name, text in texts.items()]
    return rows


def _reference_rows(reference: Reference) -> list[ArtifactRow]:
    texts = {
        "counts": json.dumps(reference.counts),
        "missing_count": str(reference.missing_count),
    }
    if reference.kind == CATEGORY:
        texts["categories"] = json.dumps(reference.categories)
    else:
        texts["cut_points"] = f"[{', '.join(map(number_text, reference.cut_points))}]"
    return [ArtifactRow("reference", reference.feature, name, text) for name, text in texts.items()]


def _read_reference(feature: str, texts: Mapping[str, str]) -> Reference:
    return Reference(
        feature,
        CATEGORY if "categories" in texts else VALUE,
        tuple(json.loads(texts.get("cut_points", "[]"))),
        tuple(json.loads(texts.get("categories", "[]"))),
        tuple(json.loads(texts["counts"])),
        int(texts["missing_count"]),
    )


def _rounded(value: float) -> str:
    """Writes a figure that people read and no model needs again."""
    return f"{value:.8f}"


def _column_rows(place: str, column: EncodedColumn) -> list[ArtifactRow]:
    texts = {
        "feature": column.feature,
        "kind": column.kind,
        "category": column.category,
        "median": number_text(column.median),
        "centre": number_text(column.centre),
        "scale": number_text(column.scale),
    }
    return [ArtifactRow("column", place, name, text) for name, text in texts.items()]


def _read_column(texts: Mapping[tuple[str, str], str], place: str) -> EncodedColumn:
    return EncodedColumn(
        texts[place, "feature"],
        texts[place, "kind"],
        texts[place, "category"],
        float(texts[place, "median"]),
        float(texts[place, "centre"]),
        float(texts[place, "scale"]),
    )


def _estimator_rows(estimator: Estimator, column_count: int) -> list[ArtifactRow]:
    if isinstance(estimator, BoostingEstimator):
        return [
            ArtifactRow("tree", _place(place), "", part)
            for place, part in enumerate(split_text(estimator.text))
        ]
    if isinstance(estimator, LinearEstimator):
        places = [INTERCEPT, *map(_place, range(column_count))]
        return _matrix_rows("coefficient", places, estimator.coefficients)
    if isinstance(estimator, PluggedEstimator):
        return [
            ArtifactRow("plugged", "family", "", estimator.family),
            ArtifactRow("plugged", "class", "", estimator.class_path),
            *(ArtifactRow("parameter", name, "", text) for name, text in estimator.texts),
        ]
    if isinstance(estimator, ConstantEstimator):
        return _matrix_rows("base", [INTERCEPT], estimator.base[:, None])
    raise TypeError(f"{type(estimator).__name__} has no rows to be kept as")


def _matrix_rows(name: str, places: Sequence[str], values: np.ndarray) -> list[ArtifactRow]:
    return [
        ArtifactRow(name, place, _place(output), number_text(value))
        for output, own in enumerate(values.tolist())
        for place, value in zip(places, own, strict=True)
    ]


def _read_estimator(
    found: Mapping[str, Mapping[tuple[str, str], str]], output_count: int
) -> Estimator:
    if "tree" in found:
        text = "".join(part for _, part in sorted(found["tree"].items()))
        return BoostingEstimator(text, output_count)
    if "plugged" in found:
        parameters = found.get("parameter", {}).items()
        return PluggedEstimator(
            found["plugged"]["family", ""],
            found["plugged"]["class", ""],
            tuple(sorted((name, text) for (name, _), text in parameters)),
        )
    if "coefficient" in found:
        return LinearEstimator(_read_matrix(found["coefficient"]))
    return ConstantEstimator(_read_matrix(found["base"])[:, 0])


def _read_matrix(texts: Mapping[tuple[str, str], str]) -> np.ndarray:
    # "(" sorts before digits, so the intercept comes first.
    places = sorted({place for place, _ in texts})
    outputs = sorted({output for _, output in texts})
    return np.array([[float(texts[place, output]) for place in places] for output in outputs])
