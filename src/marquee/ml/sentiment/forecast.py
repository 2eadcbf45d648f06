"""Where the sentiment of entities is heading: their levels, and how far to trust them."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa

from marquee.ml import versions
from marquee.ml.decimals import decimal_array, round_to_scale
from marquee.ml.evaluations import EVALUATION_ORDER, EVALUATION_SCHEMA, evaluation_row
from marquee.ml.intervals import Estimate
from marquee.ml.sentiment.backtest import back_test, bounds_of, measures_of
from marquee.ml.sentiment.forecast_specification import HORIZON, ForecastSpecification
from marquee.ml.sentiment.levels import Floats, chosen_drift, fingerprint, levels_of, read_history

FORECAST, ALGORITHM = "sentiment_forecast", "local_level"
BETTER, NO_BETTER, UNKNOWN = "better than naive", "no better than naive", "not measured yet"
_SCORE = pa.decimal128(12, 8)
_PACKAGES = ("numpy",)
FORECAST_SCHEMA = pa.schema(
    [
        ("entity_type", pa.string()),
        ("entity_id", pa.string()),
        ("forecast_date", pa.date32()),
        ("model_version", pa.string()),
        ("forecast_verdict", pa.string()),
        ("horizon_days", pa.int64()),
        ("forecast_score", _SCORE),
        ("forecast_lower_bound", _SCORE),
        ("forecast_upper_bound", _SCORE),
        ("as_of_date", pa.date32()),
    ]
)


def forecast_entities(days: pa.Table, specification: ForecastSpecification) -> pa.Table:
    """Forecasts the mean score of each of the next days of entities with enough posts.

    Args:
        days: entity_type, entity_id, sentiment_date, post_count, score_units and
            squared_score_units (sums over the posts of the day, UNITS make one) and as_of_date;
            one row an entity and day, in any order.
        specification: Settings.

    Returns:
        Table of FORECAST_SCHEMA, sorted by key: for each entity the snapshot day (horizon 1) and
        the six after it. Bounds hold 80 % of the days' mean scores, if the entity gets as many
        posts as usual.
    """
    history = read_history(days, specification.history_days, specification.minimum_posts)
    if history is None:
        return FORECAST_SCHEMA.empty_table()
    errors = back_test(history, specification)
    lower, upper = bounds_of(errors.standardised, specification)
    verdict = _verdict(measures_of(errors, specification))
    levels = levels_of(history, chosen_drift(history))
    tables = []
    for ahead in range(1, HORIZON + 1):
        spread = levels.spread(ahead)
        count = len(levels.mean)
        day = history.as_of_date + dt.timedelta(days=ahead - 1)
        figures = (levels.mean, levels.mean + lower * spread, levels.mean + upper * spread)
        columns = [
            history.entity_types,
            history.entity_ids,
            pa.array([day] * count, pa.date32()),
            pa.array([_version(specification)] * count, pa.string()),
            pa.array([verdict] * count, pa.string()),
            pa.array([ahead] * count, pa.int64()),
            *(_decimals(values) for values in figures),
            pa.array([history.as_of_date] * count, pa.date32()),
        ]
        tables.append(pa.Table.from_arrays(columns, schema=FORECAST_SCHEMA))
    order = [(name, "ascending") for name in ("entity_type", "entity_id", "forecast_date")]
    return pa.concat_tables(tables).sort_by(order)


def evaluate_forecasts(days: pa.Table, specification: ForecastSpecification) -> pa.Table:
    """Measures forecasts from earlier days against what came.

    Bounds are those of the errors in the older half of the origins; all figures are those of the
    newer half.

    Args:
        days: As for `forecast_entities`.
        specification: Settings.

    Returns:
        Table of EVALUATION_SCHEMA, sorted: METRICS with baselines (the score of the last day with
        posts; the mean of all posts until then; 0.8), entities resampled; customer_count counts
        entities. Without values if there are too few errors, empty without entities.
    """
    history = read_history(days, specification.history_days, specification.minimum_posts)
    if history is None:
        return EVALUATION_SCHEMA.empty_table()
    packages, code = _surroundings()
    identity = {
        "model_name": FORECAST,
        "model_version": _version(specification),
        "algorithm": ALGORITHM,
        "training_row_count": int((history.counts > 0).sum()),
        "training_fingerprint": fingerprint(history),
        "specification": specification.canonical(),
        "package_versions": packages,
        "code_version": code,
    }
    measures = measures_of(back_test(history, specification), specification)
    split = f"origins_{history.as_of_date}"
    rows = [evaluation_row(identity, split, figures) for figures in measures]
    return pa.Table.from_pylist(rows, schema=EVALUATION_SCHEMA).sort_by(EVALUATION_ORDER)


def _version(specification: ForecastSpecification) -> str:
    """Names everything but the posts: levels are fitted anew to those of each day."""
    return versions.model_version(
        FORECAST, ALGORITHM, specification.canonical(), "", *_surroundings()
    )


def _verdict(measures: list[Estimate]) -> str:
    upper = measures[0].difference_upper_bound
    if upper is None:
        return UNKNOWN
    return BETTER if upper < 0 else NO_BETTER


def _decimals(values: Floats) -> pa.Array:
    return decimal_array(round_to_scale(np.clip(values, -1.0, 1.0), _SCORE.scale), _SCORE)


def _surroundings() -> tuple[str, str]:
    return versions.package_versions(_PACKAGES), versions.code_version(
        [Path(__file__).with_name(f"{name}.py") for name in ("levels", "backtest", "forecast")]
    )
