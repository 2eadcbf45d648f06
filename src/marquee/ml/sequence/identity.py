"""Which version a training set, a specification and this code make of a next-title model."""

from pathlib import Path

import pyarrow as pa

from marquee.ml import versions
from marquee.ml.neural import training as neural
from marquee.ml.recommendation.identity import ModelIdentity, TrainingSet
from marquee.ml.recommendation.interactions import conform
from marquee.ml.sequence.sequences import SEQUENCE_COLUMNS
from marquee.ml.sequence.specification import GRU, SequenceSpecification

NEXT_TITLE = "next_title"
_PACKAGES = ("numpy", "scipy")


def training_set(interactions: pa.Table) -> TrainingSet:
    """Identifies the order of titles in interactions; weights and ratings have no part in it."""
    rows = conform(interactions).select(list(SEQUENCE_COLUMNS))
    return TrainingSet(
        NEXT_TITLE, rows.num_rows, versions.training_fingerprint(rows, ["customer_id", "title_id"])
    )


def identify(
    training: TrainingSet, algorithm: str, specification: SequenceSpecification
) -> ModelIdentity:
    """Gives the identity of the model that an algorithm would make of a training set."""
    folder = Path(__file__).parent
    shared = [
        *("decimals.py", "dense_index.py", "evaluations.py", "intervals.py", "versions.py"),
        *("recommendation/interactions.py", "recommendation/parameters.py"),
        *("recommendation/ranking.py", "recommendation/splits.py"),
        *("neural/gru.py", "neural/training.py"),
    ]
    code = versions.code_version([*folder.glob("*.py"), *(folder.parent / name for name in shared)])
    is_neural = algorithm == GRU
    packages = versions.package_versions((*_PACKAGES, *(neural.PACKAGES if is_neural else ())))
    settings = specification.canonical(algorithm)
    return ModelIdentity.of(training, algorithm, settings, packages, code)
