"""Trains the candidates of the completion model, unless the registry holds them or it is early."""

import datetime as dt
from pathlib import Path

import pyarrow as pa

from marquee.ml.ads.rows import (
    KEY,
    TARGET,
    feature_names,
    labelled_rows,
    latest_date,
    split_rows,
    training_rows,
)
from marquee.ml.artifacts import ARTIFACT_SCHEMA, Artifacts, artifact_table
from marquee.ml.churn.rows import has_both_outcomes
from marquee.ml.tabular.registered import registered_versions, still_in_force, trained_versions
from marquee.ml.tabular.specification import ModelSpecification

AD_COMPLETION = "ad_completion"
BASELINE = "marquee.ml.ads.rates:creative_break_rates"


def train_ad_models(
    impressions: pa.Table,
    specification: ModelSpecification,
    registered: pa.Table | None = None,
) -> pa.Table:
    """Trains the baseline and the candidates, and keeps the registered champion beside them.

    Args:
        impressions: Features and is_ad_completed, one row an impression_id, in any order.
        specification: Settings; the baseline is one of `candidates.plugged`.
        registered: Table of ARTIFACT_SCHEMA and is_champion, as for churn; none if left out.

    Returns:
        Table of ARTIFACT_SCHEMA, sorted by version and key; empty without known outcomes.

    Raises:
        ValueError: If a feature is of a type that cannot be learned from, or the specification
            does not try the baseline.
    """
    if BASELINE not in specification.families:
        raise ValueError(
            f"candidates.plugged lacks the baseline {BASELINE}; "
            "write it under config.meta.specification of the model"
        )
    as_of_date = latest_date(impressions)
    rows = labelled_rows(impressions)
    if as_of_date is None or not rows.num_rows:
        return ARTIFACT_SCHEMA.empty_table()
    names = set(feature_names(impressions, specification))
    known, champions = registered_versions(registered, names)
    wanted = still_in_force(known, as_of_date, specification)
    if not wanted:
        wanted = _trained(rows, as_of_date, specification, known)
    wanted |= {version: known[version] for version in champions}
    return artifact_table(AD_COMPLETION, wanted)


def _trained(
    rows: pa.Table, as_of_date: dt.date, specification: ModelSpecification, known: Artifacts
) -> Artifacts:
    split = split_rows(rows, specification)
    training = rows.filter(pa.array(split.is_train))
    is_trainable = split.is_test.any() and has_both_outcomes(
        training[TARGET].to_numpy(), specification.minimum_outcomes
    )
    # The constant says nothing about an ad: its part is the baseline's.
    families = [family for family in specification.families if family != "constant"]
    families = families if is_trainable else [BASELINE]
    learned = training.select(
        [KEY, "customer_id", "broadcast_date", TARGET, *feature_names(training, specification)]
    )
    return trained_versions(
        AD_COMPLETION,
        families,
        learned,
        [KEY],
        as_of_date,
        Path(__file__).with_name("rows.py"),
        specification,
        known,
        lambda: training_rows(training, specification),
    )
