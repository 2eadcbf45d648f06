"""Trains the candidates of the churn model, unless the registry holds them or it is too early."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml import versions
from marquee.ml.churn.artifacts import (
    ARTIFACT_SCHEMA,
    Artifacts,
    artifact_table,
    read_artifacts,
)
from marquee.ml.churn.rows import (
    TARGET,
    Split,
    feature_names,
    has_both_outcomes,
    labelled_rows,
    latest_date,
    scored_rows,
    split_rows,
    training_rows,
)
from marquee.ml.tabular.artifacts import (
    ArtifactRow,
    artifact_rows,
    read_references,
    training_fact,
)
from marquee.ml.tabular.drift import would_help
from marquee.ml.tabular.features import read_features
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.tabular.targets import BINARY, FAMILIES, algorithm_of
from marquee.ml.tabular.training import train_candidates

CHURN = "churn"
# What else a version is made of; each is a column of the evaluations but the first.
FACTS = (
    "as_of_date",
    "training_row_count",
    "training_fingerprint",
    "specification",
    "package_versions",
    "code_version",
)
_PACKAGES = ("lightgbm", "numpy", "scipy")


def train_churn_models(
    snapshots: pa.Table,
    labels: pa.Table,
    specification: ModelSpecification,
    registered: pa.Table | None = None,
) -> pa.Table:
    """Trains the baseline and the candidates, and keeps the registered champion beside them.

    Args:
        snapshots: Features, one row per customer_id and as_of_date, in any order.
        labels: One row per customer_id and as_of_date with is_churned and label_known_date.
        specification: Settings. With a cadence, the versions of the last training go on until its
            days are over (counted in snapshot days, not by a clock), a drift asks for another
            training, or the specification is another.
        registered: Table of ARTIFACT_SCHEMA and is_champion, true for the version that the registry
            named last before this snapshot day; none if left out.

    Returns:
        Table of ARTIFACT_SCHEMA, sorted by version and key; empty without labels.

    Raises:
        ValueError: If a feature is of a type that cannot be learned from, or
            drift_ignored_features names none.
    """
    _check_ignored_features(snapshots, specification)
    as_of_date = latest_date(snapshots)
    rows = labelled_rows(snapshots, labels)
    if as_of_date is None or not rows.num_rows:
        return ARTIFACT_SCHEMA.empty_table()
    known, champions = _registered(registered, set(feature_names(snapshots, specification)))
    split = split_rows(rows, specification)
    wanted = _still_in_force(known, as_of_date, specification)
    if wanted and specification.trains_on_drift:
        training = rows.filter(pa.array(split.is_train))
        wanted = {} if _drift_asks(wanted, training, snapshots, specification) else wanted
    if not wanted:
        wanted = _trained(rows, split, as_of_date, specification, known)
    wanted |= {version: known[version] for version in champions}
    return artifact_table(CHURN, wanted)


def specifications(specification: ModelSpecification) -> set[str]:
    """Gives the canonical texts of all candidates."""
    return {specification.canonical(family) for family in FAMILIES}


def _check_ignored_features(snapshots: pa.Table, specification: ModelSpecification) -> None:
    names = feature_names(snapshots, specification)
    unknown = sorted(set(specification.drift_ignored_features) - set(names))
    if unknown:
        raise ValueError(
            f"drift_ignored_features names {', '.join(unknown)}, from which nothing is learned; "
            "correct it under config.meta.specification of the model"
        )


def _registered(table: pa.Table | None, features: set[str]) -> tuple[Artifacts, list[str]]:
    """Gives the registered versions whose features still exist, and which one is champion."""
    if table is None:
        return {}, []
    found = {
        version: rows
        for version, rows in read_artifacts(table).items()
        if _features_used(rows) <= features
    }
    champions = pc.unique(table.filter(table["is_champion"])["model_version"]).to_pylist()
    return found, [version for version in sorted(champions) if version in found]


def _features_used(rows: Iterable[ArtifactRow]) -> set[str]:
    return {
        row.entry_text
        for row in rows
        if row.artifact_name == "column" and row.field_name == "feature"
    }


def _still_in_force(
    known: Artifacts, as_of_date: dt.date, specification: ModelSpecification
) -> Artifacts:
    """Gives the versions of the last training if it is too early for another one."""
    trained_on = {
        version: dt.date.fromisoformat(training_fact(rows, "as_of_date"))
        for version, rows in known.items()
    }
    last = max((day for day in trained_on.values() if day < as_of_date), default=None)
    if last is None:
        return {}
    waited, days = (as_of_date - last).days, specification.cadence_days
    if days is not None and waited >= days:
        return {}
    of_last = {version: known[version] for version, day in trained_on.items() if day == last}
    # Should a day have been published twice, with other rows: one training set, not a mixture.
    fingerprint = max(training_fact(rows, "training_fingerprint") for rows in of_last.values())
    batch = {
        version: rows
        for version, rows in of_last.items()
        if training_fact(rows, "training_fingerprint") == fingerprint
    }
    own = {training_fact(rows, "specification") for rows in batch.values()}
    return batch if own <= specifications(specification) else {}


def _drift_asks(
    last: Artifacts, training: pa.Table, snapshots: pa.Table, specification: ModelSpecification
) -> bool:
    """Tells whether customers have drifted away from the last training's, and a new one would help.

    A last training that learned from no feature is no reason to wait.
    """
    # The last training, not the champion: the champion may be older and stay, and would ask for
    # another training on every snapshot day.
    references = next(filter(None, map(read_references, last.values())), [])
    if not references:
        return True
    names = [reference.feature for reference in references]
    return bool(
        would_help(
            references,
            read_features(scored_rows(snapshots), names),
            read_features(training, names),
            specification.drift,
            specification.drift_ignored_features,
        )
    )


def _trained(
    rows: pa.Table,
    split: Split,
    as_of_date: dt.date,
    specification: ModelSpecification,
    known: Artifacts,
) -> Artifacts:
    training = rows.filter(pa.array(split.is_train))
    # With too few to judge by, nothing but the baseline may score, so nothing else is trained.
    is_trainable = split.is_test.any() and has_both_outcomes(
        training[TARGET].to_numpy(), specification.minimum_outcomes
    )
    families = FAMILIES if is_trainable else FAMILIES[:1]
    facts = {family: _facts(training, as_of_date, family, specification) for family in families}
    version_of = {family: _version(family, own) for family, own in facts.items()}
    missing = [family for family in families if version_of[family] not in known]
    found = {version: known[version] for version in version_of.values() if version in known}
    if missing:
        trained = train_candidates(training_rows(training, specification), missing, specification)
        for family, candidate in trained.items():
            found[version_of[family]] = artifact_rows(candidate, facts[family])
    return found


def _facts(
    training: pa.Table, as_of_date: dt.date, family: str, specification: ModelSpecification
) -> dict[str, str]:
    folder = Path(__file__).parent
    sources = [*(folder.parent / "tabular").glob("*.py"), folder / "rows.py"]
    fingerprint = versions.training_fingerprint(
        _conformed(training, specification), ["as_of_date", "customer_id"]
    )
    values = (
        as_of_date.isoformat(),
        str(training.num_rows),
        fingerprint,
        specification.canonical(family),
        versions.package_versions(_PACKAGES),
        versions.code_version(sources),
    )
    return dict(zip(FACTS, values, strict=True))


def _conformed(training: pa.Table, specification: ModelSpecification) -> pa.Table:
    """Gives what is learned from, in types that do not depend on the engine that read it."""
    left_out = [name for name in specification.excluded_features if name in training.column_names]
    rows = training.drop(left_out)
    wide = [
        pa.field(field.name, pa.int64() if pa.types.is_integer(field.type) else field.type)
        for field in rows.schema
    ]
    return rows.cast(pa.schema(wide))


def _version(family: str, facts: dict[str, str]) -> str:
    return versions.model_version(
        CHURN,
        algorithm_of(BINARY, family),
        facts["specification"],
        facts["training_fingerprint"],
        facts["package_versions"],
        facts["code_version"],
    )
