"""Trains the candidates of the churn model, unless the registry holds them or it is too early."""

import datetime as dt
from pathlib import Path

import pyarrow as pa

from marquee.ml.artifacts import (
    ARTIFACT_SCHEMA,
    Artifacts,
    artifact_table,
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
from marquee.ml.tabular.artifacts import read_references
from marquee.ml.tabular.drift import would_help
from marquee.ml.tabular.features import read_features
from marquee.ml.tabular.registered import registered_versions, still_in_force, trained_versions
from marquee.ml.tabular.specification import ModelSpecification

CHURN = "churn"


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
    known, champions = registered_versions(registered, set(feature_names(snapshots, specification)))
    split = split_rows(rows, specification)
    wanted = still_in_force(known, as_of_date, specification)
    if wanted and specification.trains_on_drift:
        training = rows.filter(pa.array(split.is_train))
        wanted = {} if _drift_asks(wanted, training, snapshots, specification) else wanted
    if not wanted:
        wanted = _trained(rows, split, as_of_date, specification, known)
    wanted |= {version: known[version] for version in champions}
    return artifact_table(CHURN, wanted)


def _check_ignored_features(snapshots: pa.Table, specification: ModelSpecification) -> None:
    names = feature_names(snapshots, specification)
    unknown = sorted(set(specification.drift_ignored_features) - set(names))
    if unknown:
        raise ValueError(
            f"drift_ignored_features names {', '.join(unknown)}, from which nothing is learned; "
            "correct it under config.meta.specification of the model"
        )


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
    families = specification.families if is_trainable else specification.families[:1]
    left_out = [name for name in specification.excluded_features if name in training.column_names]
    return trained_versions(
        CHURN,
        families,
        training.drop(left_out),
        ["as_of_date", "customer_id"],
        as_of_date,
        Path(__file__).with_name("rows.py"),
        specification,
        known,
        lambda: training_rows(training, specification),
    )
