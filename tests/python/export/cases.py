"""Models of every kind, and rows that training did not see the like of."""

from dataclasses import replace
from functools import cache

import numpy as np

from marquee.ml.tabular.artifacts import artifact_rows, read_model
from marquee.ml.tabular.calibration import Calibration
from marquee.ml.tabular.features import Features
from marquee.ml.tabular.models import FittedModel
from marquee.ml.tabular.targets import BINARY, FAMILIES
from marquee.ml.tabular.training import train_candidates
from tests.python.ml.churn.cases import specification
from tests.python.ml.tabular.test_training import features_of, rows_of, target_of


@cache
def models(kind: str) -> dict[str, FittedModel]:
    """One model of each family, as the registry gives it back; where it can be, calibrated."""
    features = features_of(400)
    trained = train_candidates(
        rows_of(features, target_of(features, kind)), FAMILIES, specification()
    )
    found = {family: read_model(artifact_rows(own, {})) for family, own in trained.items()}
    if kind != BINARY:
        return found
    return {
        family: replace(model, calibration=Calibration(1.25, -0.125))
        for family, model in found.items()
    }


def unforeseen(count: int = 500) -> Features:
    """Rows with values missing where training lacked none, unseen categories, and extremes."""
    features = features_of(count, seed=2)
    generator = np.random.default_rng(3)
    numbers = {}
    for name, values in features.numbers.items():
        found = values.copy()
        found[generator.random(count) < 0.2] = np.nan
        found[generator.random(count) < 0.1] *= 1e9
        found[generator.random(count) < 0.1] = 0.0
        numbers[name] = found
    plans = np.where(generator.random(count) < 0.2, "unseen & <new>", features.categories["plan"])
    return Features(count, numbers, {"plan": plans})


def of_model(features: Features, model: FittedModel) -> Features:
    """The features that a model asks for."""
    names = set(model.encoding.features)
    return Features(
        features.row_count,
        {name: values for name, values in features.numbers.items() if name in names},
        {name: values for name, values in features.categories.items() if name in names},
    )
