"""Which model version a table of interactions, a specification and this code make."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from marquee.ml import versions
from marquee.ml.recommendation.interactions import conform, rated_rows
from marquee.ml.recommendation.specification import RecommenderSpecification

RECOMMENDER = "recommender"
RATING_PREDICTOR = "rating_predictor"
_PACKAGES = ("implicit", "numpy", "scipy")


@dataclass(frozen=True)
class TrainingSet:
    """What identifies the rows a model is trained on.

    Attributes:
        model_name: The model they train.
        row_count: How many they are.
        fingerprint: Hash that is equal for equal rows in any order.
    """

    model_name: str
    row_count: int
    fingerprint: str


@dataclass(frozen=True)
class ModelIdentity:
    """What a model version is made of; the fields are columns of the evaluations."""

    model_name: str
    model_version: str
    algorithm: str
    training_row_count: int
    training_fingerprint: str
    specification: str
    package_versions: str
    code_version: str

    @classmethod
    def of(
        cls, training: TrainingSet, algorithm: str, settings: str, packages: str, code: str
    ) -> "ModelIdentity":
        """Gives the version that an algorithm makes of a training set with these settings."""
        version = versions.model_version(
            training.model_name, algorithm, settings, training.fingerprint, packages, code
        )
        return cls(
            model_name=training.model_name,
            model_version=version,
            algorithm=algorithm,
            training_row_count=training.row_count,
            training_fingerprint=training.fingerprint,
            specification=settings,
            package_versions=packages,
            code_version=code,
        )


def training_set(interactions: pa.Table, model_name: str) -> TrainingSet:
    """Identifies a model's training rows; the rating predictor's are those with a rating.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA.
        model_name: RECOMMENDER or RATING_PREDICTOR.
    """
    rows = conform(interactions)
    if model_name == RATING_PREDICTOR:
        rows = rated_rows(rows)
    fingerprint = versions.training_fingerprint(rows, ["customer_id", "title_id"])
    return TrainingSet(model_name, rows.num_rows, fingerprint)


def identify(
    training: TrainingSet, algorithm: str, specification: RecommenderSpecification
) -> ModelIdentity:
    """Gives the identity of the model that an algorithm would make of a training set."""
    settings = specification.canonical(algorithm)
    packages = versions.package_versions(_PACKAGES)
    folder = Path(__file__).parent
    # settings.py only reads mappings, and its result stands in the specification; as_of_dates.py
    # only refuses.
    shared = [
        folder.parent / name
        for name in (
            "decimals.py",
            "dense_index.py",
            "evaluations.py",
            "intervals.py",
            "versions.py",
        )
    ]
    code = versions.code_version([*folder.glob("*.py"), *shared])
    return ModelIdentity.of(training, algorithm, settings, packages, code)
