"""Scores customers with the champion's stored artefacts, and says what each feature adds."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.artifacts import read_artifacts
from marquee.ml.churn.rows import scored_rows
from marquee.ml.churn.training import CHURN
from marquee.ml.decimals import decimal_array, round_to_scale
from marquee.ml.feature_values import write_feature_values
from marquee.ml.tabular.artifacts import read_model
from marquee.ml.tabular.features import Features, read_features
from marquee.ml.tabular.models import FittedModel

PROBABILITY_TYPE = pa.decimal128(12, 8)
LOG_ODDS_TYPE = pa.decimal128(18, 12)
SCORE_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("model_version", pa.string()),
        ("feature_values", pa.string()),
        ("churn_probability", PROBABILITY_TYPE),
        ("log_odds", LOG_ODDS_TYPE),
        ("base_log_odds", LOG_ODDS_TYPE),
    ]
)
CONTRIBUTION_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("feature", pa.string()),
        ("as_of_date", pa.date32()),
        ("model_version", pa.string()),
        ("value_level", pa.string()),
        ("contribution", LOG_ODDS_TYPE),
    ]
)
_LEVELS = np.array(["low", "high", "missing", "category"])


def score_churn(
    snapshots: pa.Table,
    artifacts: pa.Table,
    decisions: pa.Table,
) -> pa.Table:
    """Scores the customers of the newest snapshot day who have not cancelled.

    Args:
        snapshots: Features, one row per customer_id and as_of_date.
        artifacts: What `train_churn_models` gave.
        decisions: model_name, model_version and status, one row a version.

    Returns:
        Table of SCORE_SCHEMA, sorted by customer; empty without a champion. The probability is
        rounded once, from the unrounded log-odds; `feature_values` is what the model saw, from
        which it gives the same digits again.

    Raises:
        ValueError: If the decisions name two champions.
    """
    chosen = _chosen(snapshots, artifacts, decisions)
    if chosen is None:
        return SCORE_SCHEMA.empty_table()
    rows, features, version, model = chosen
    margins = model.margins(features)[:, 0]
    probabilities = model.predict(features)[:, 0]
    base = model.contributions(features)[2]
    return pa.table(
        [
            rows["customer_id"].cast(pa.string()),
            rows["as_of_date"].cast(pa.date32()),
            pa.repeat(version, rows.num_rows),
            write_feature_values(rows, model.encoding.features),
            decimal_array(round_to_scale(probabilities, PROBABILITY_TYPE.scale), PROBABILITY_TYPE),
            _log_odds(margins),
            _log_odds(np.full(rows.num_rows, base)),
        ],
        schema=SCORE_SCHEMA,
    )


def explain_churn(
    snapshots: pa.Table,
    artifacts: pa.Table,
    decisions: pa.Table,
) -> pa.Table:
    """Says what each feature adds to the log-odds of the customers that `score_churn` scores.

    Args:
        snapshots: Features, one row per customer_id and as_of_date.
        artifacts: What `train_churn_models` gave.
        decisions: model_name, model_version and status, one row a version.

    Returns:
        Table of CONTRIBUTION_SCHEMA, sorted by feature and customer. `value_level` is high or low
        as the value lies above the median of training or not, missing, or category for texts.
        Contributions of 0 are left out; with base_log_odds the others add up to the log-odds.

    Raises:
        ValueError: If the decisions name two champions.
    """
    chosen = _chosen(snapshots, artifacts, decisions)
    if chosen is None:
        return CONTRIBUTION_SCHEMA.empty_table()
    rows, features, version, model = chosen
    names, contributions, _ = model.contributions(features)
    tables = [CONTRIBUTION_SCHEMA.empty_table()]
    for position, name in enumerate(names):
        scaled = round_to_scale(contributions[:, position], LOG_ODDS_TYPE.scale)
        is_felt = scaled != 0
        own = rows.filter(pa.array(is_felt))
        levels = _LEVELS[_levels(model, features, name)[is_felt]]
        columns = [
            own["customer_id"].cast(pa.string()),
            pa.repeat(name, own.num_rows),
            own["as_of_date"].cast(pa.date32()),
            pa.repeat(version, own.num_rows),
            pa.array(levels.tolist(), pa.string()),
            decimal_array(scaled[is_felt], LOG_ODDS_TYPE),
        ]
        tables.append(pa.table(columns, schema=CONTRIBUTION_SCHEMA))
    return pa.concat_tables(tables)


def read_champion(artifacts: pa.Table, decisions: pa.Table) -> tuple[str, FittedModel] | None:
    """Reads the champion with its version; None if there is none.

    Args:
        artifacts: Table of ARTIFACT_SCHEMA.
        decisions: model_name, model_version and status, one row a version.

    Raises:
        ValueError: If the decisions name two champions.
    """
    is_champion = pc.and_(
        pc.equal(decisions["model_name"], CHURN), pc.equal(decisions["status"], "champion")
    )
    versions = decisions.filter(is_champion)["model_version"].to_pylist()
    if len(versions) > 1:
        raise ValueError(f"{CHURN} has more than one champion: {sorted(versions)}")
    if not versions:
        return None
    own = artifacts.filter(pc.equal(artifacts["model_version"].cast(pa.string()), versions[0]))
    [(version, rows)] = read_artifacts(own).items()
    return version, read_model(rows)


def _chosen(
    snapshots: pa.Table, artifacts: pa.Table, decisions: pa.Table
) -> tuple[pa.Table, Features, str, FittedModel] | None:
    """Gives the rows to score, their features, and the champion with its version."""
    champion = read_champion(artifacts, decisions)
    if champion is None or not snapshots.num_rows:
        return None
    rows = scored_rows(snapshots)
    version, model = champion
    return rows, read_features(rows, model.encoding.features), version, model


def _levels(model: FittedModel, features: Features, name: str) -> np.ndarray:
    if name in features.categories:
        return np.full(features.row_count, 3)
    medians = [
        column.median
        for column in model.encoding.columns
        if column.feature == name and column.kind == "value"
    ]
    values = features.numbers[name]
    return np.where(np.isnan(values), 2, (values > medians[0]).astype(np.int64))


def _log_odds(values: np.ndarray) -> pa.Array:
    return decimal_array(round_to_scale(values, LOG_ODDS_TYPE.scale), LOG_ODDS_TYPE)
