"""Versions of models over features: which of the registry go on, and which are trained anew."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from marquee.log import LOG
from marquee.ml import versions
from marquee.ml.artifacts import (
    FACTS,
    Artifacts,
    registered_artifacts,
    version_of,
    waiting_versions,
)
from marquee.ml.tabular.artifacts import ArtifactRow, artifact_rows, training_fact
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.tabular.targets import BINARY, algorithm_of
from marquee.ml.tabular.training import TrainingRows, train_candidates

_PACKAGES = ("lightgbm", "numpy", "scipy")


def registered_versions(table: pa.Table | None, features: set[str]) -> tuple[Artifacts, list[str]]:
    """Gives the registered versions whose features still exist, and which one is champion."""
    known, champions = registered_artifacts(table)
    found = {version: rows for version, rows in known.items() if _features_used(rows) <= features}
    return found, [version for version in champions if version in found]


def still_in_force(
    known: Artifacts, as_of_date: dt.date, specification: ModelSpecification
) -> Artifacts:
    """Gives the versions of the last training if it is too early for another one."""
    of_last = waiting_versions(known, as_of_date, specification.cadence_days)
    if not of_last:
        return {}
    # Should a day have been published twice, with other rows: one training set, not a mixture.
    fingerprint = max(training_fact(rows, "training_fingerprint") for rows in of_last.values())
    batch = {
        version: rows
        for version, rows in of_last.items()
        if training_fact(rows, "training_fingerprint") == fingerprint
    }
    own = {training_fact(rows, "specification") for rows in batch.values()}
    canonical = {specification.canonical(family) for family in specification.families}
    return batch if own <= canonical else {}


def trained_versions(
    model_name: str,
    families: Sequence[str],
    learned: pa.Table,
    keys: Sequence[str],
    as_of_date: dt.date,
    reader: Path,
    specification: ModelSpecification,
    known: Artifacts,
    rows: Callable[[], TrainingRows],
) -> Artifacts:
    """Gives the version of each family, trained only if the registry does not hold it.

    Args:
        model_name: Name of the model.
        families: Candidates.
        learned: All columns of the training rows that anything is learned from.
        keys: Columns that together identify a training row.
        as_of_date: Snapshot day of this build.
        reader: Source of the module that turns the table into training rows.
        specification: Settings.
        known: Registered versions.
        rows: Gives the training rows; called only if something is to be trained.
    """
    shared = {
        "as_of_date": as_of_date.isoformat(),
        "training_row_count": str(learned.num_rows),
        "training_fingerprint": versions.training_fingerprint(_widened(learned), keys),
        "package_versions": versions.package_versions(_PACKAGES),
        "code_version": versions.code_version([*Path(__file__).parent.glob("*.py"), reader]),
    }
    facts = {
        family: {
            name: (shared | {"specification": specification.canonical(family)})[name]
            for name in FACTS
        }
        for family in families
    }
    names = {
        family: version_of(model_name, algorithm_of(BINARY, family), own)
        for family, own in facts.items()
    }
    found = {version: known[version] for version in names.values() if version in known}
    missing = [family for family in families if names[family] not in known]
    if missing:
        LOG.info("training %s: %s on %d rows", model_name, ", ".join(missing), learned.num_rows)
        for family, candidate in train_candidates(rows(), missing, specification).items():
            found[names[family]] = artifact_rows(candidate, facts[family])
    return found


def _features_used(rows: Iterable[ArtifactRow]) -> set[str]:
    return {
        row.entry_text
        for row in rows
        if row.artifact_name == "column" and row.field_name == "feature"
    }


def _widened(table: pa.Table) -> pa.Table:
    """Gives integers one type, so that a fingerprint does not depend on the engine that read it."""
    fields = [
        pa.field(field.name, pa.int64() if pa.types.is_integer(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))
