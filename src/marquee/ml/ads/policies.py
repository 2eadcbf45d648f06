"""What another choice of ads would have been worth, from those that were shown by chance.

Each impression counts by how much more probable the policy would have made it than the ad server
did (Horvitz and Thompson 1952, doi:10.1080/01621459.1952.10483446); self-normalised, the weights
add up to their number (Swaminathan and Joachims 2015).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.ads.rows import TARGET, groups_of, labelled_rows, split_rows
from marquee.ml.ads.scoring import MID_ROLL, active_creatives
from marquee.ml.decimals import decimal_array, round_to_scale
from marquee.ml.tabular.features import BoolArray, FloatArray, IntArray
from marquee.ml.tabular.specification import ModelSpecification

LOGGED, RANDOM, MOST_SERVED, RECOMMENDED = "logged", "random", "most served", "recommended"
POLICIES = (LOGGED, MOST_SERVED, RANDOM, RECOMMENDED)
_Z = 1.959963984540054
_RATE = pa.decimal128(18, 8)
_FIGURES = (
    "effective_impression_count",
    "mean_weight",
    "policy_value",
    "policy_lower_bound",
    "policy_upper_bound",
    "normalised_value",
    "normalised_lower_bound",
    "normalised_upper_bound",
)
POLICY_SCHEMA = pa.schema(
    [
        ("policy_name", pa.string()),
        ("policy_impression_count", pa.int64()),
        *[(name, _RATE) for name in _FIGURES],
        ("first_shown_date", pa.date32()),
        ("last_shown_date", pa.date32()),
    ]
)


@dataclass(frozen=True)
class PolicyValue:
    """Estimates of a policy's mean outcome; the normalised ones are None without any weight.

    Attributes:
        effective_count: Equal weights that would tell as much (Kish).
        mean_weight: Mean weight; 1 where everything that the policy chooses could have been shown.
        value: By inverse propensity.
        lower_bound: Lower end of its 95 % interval, from sums over customers.
        upper_bound: Upper end.
        normalised_value: The same, divided by the mean weight.
        normalised_lower_bound: Lower end of its 95 % interval.
        normalised_upper_bound: Upper end.
    """

    effective_count: float
    mean_weight: float
    value: float
    lower_bound: float
    upper_bound: float
    normalised_value: float | None
    normalised_lower_bound: float | None
    normalised_upper_bound: float | None


def policy_value(
    outcomes: FloatArray, propensities: FloatArray, chosen: FloatArray, groups: IntArray
) -> PolicyValue:
    """Estimates what a policy is worth.

    Args:
        outcomes: What came of each impression, shape (rows,), at least one row.
        propensities: Probability with which the ad server chose what was shown, above 0.
        chosen: Probability with which the policy chooses the same, shape (rows,).
        groups: Position of each row's customer: impressions of one are not independent.

    Raises:
        ValueError: If a propensity is not above 0.
    """
    if not (propensities > 0.0).all():
        raise ValueError("a propensity is 0 or missing; leave out what nothing is known of")
    weights = chosen / propensities
    count, total = len(outcomes), float(weights.sum())
    value = float((weights * outcomes).sum() / count)
    half = _Z * _deviation(weights * outcomes - value, groups) / count
    if not total:
        return PolicyValue(0.0, 0.0, value, value - half, value + half, None, None, None)
    normalised = float((weights * outcomes).sum() / total)
    own_half = _Z * _deviation(weights * (outcomes - normalised), groups) / total
    effective = total**2 / float((weights**2).sum())
    lower, upper = normalised - own_half, normalised + own_half
    if own_half == 0.0:
        # Outcomes that are all alike are few rather than certain.
        lower, upper = _wilson(normalised, effective)
    return PolicyValue(
        effective,
        total / count,
        value,
        value - half,
        value + half,
        normalised,
        lower,
        upper,
    )


def evaluate_policies(
    impressions: pa.Table,
    midrolls: pa.Table,
    specification: ModelSpecification,
    active_days: int,
    minimum_impressions: int,
) -> pa.Table:
    """Estimates the completion of mid-rolls under four policies, on days training never saw.

    A policy chooses by segment and genre: the recommended creative, the one that was served most
    before these days, any active one by chance, or as the ad server did. Where the ad server has
    only a few creatives in question for a slot, the plain value counts slots without the policy's
    creative as nothing; the normalised one tells of the others.

    Args:
        impressions: Features, is_ad_completed and serving_probability, one row an impression_id.
        midrolls: What `score_midrolls` gave.
        specification: Settings of the model.
        active_days: As for `score_midrolls`.
        minimum_impressions: With fewer mid-rolls in a segment before these days a creative is not
            recommended there, as in midroll_recommendations.

    Returns:
        Table of POLICY_SCHEMA, one row a policy; empty where nothing is held back.
    """
    rows = labelled_rows(impressions)
    if not rows.num_rows or not midrolls.num_rows:
        return POLICY_SCHEMA.empty_table()
    split = split_rows(rows, specification)
    before, held_back = (_of_midrolls(rows, is_in) for is_in in (split.is_train, split.is_test))
    if not held_back.num_rows or not before.num_rows:
        return POLICY_SCHEMA.empty_table()
    shown = held_back["creative_id"].to_numpy(zero_copy_only=False).astype(str)
    propensities = held_back["serving_probability"].cast(pa.float64(), safe=False).to_numpy()
    active = active_creatives(impressions, active_days)["creative_id"].to_pylist()
    trusted = _served_enough(midrolls, before, minimum_impressions)
    chosen = {
        LOGGED: propensities,
        RANDOM: np.isin(shown, active) / len(active),
        MOST_SERVED: (shown == _most_served(before, active)).astype(np.float64),
        RECOMMENDED: (shown == _recommended(held_back, trusted)).astype(np.float64),
    }
    outcomes = held_back[TARGET].to_numpy().astype(np.float64)
    groups = groups_of(held_back)
    days = pc.min_max(held_back["broadcast_date"]).as_py()
    table = []
    for name in POLICIES:
        found = policy_value(outcomes, propensities, chosen[name], groups)
        figures = dict(zip(_FIGURES, vars(found).values(), strict=True))
        dates = {"first_shown_date": days["min"], "last_shown_date": days["max"]}
        count = {"policy_impression_count": held_back.num_rows}
        table.append({"policy_name": name} | count | figures | dates)
    return _rounded(table)


def _of_midrolls(rows: pa.Table, is_in: BoolArray) -> pa.Table:
    own = rows.filter(pa.array(is_in))
    is_known = pc.and_(
        pc.equal(own["break_type"], MID_ROLL),
        pc.fill_null(pc.greater(own["serving_probability"], 0), False),
    )
    return own.filter(is_known)


def _most_served(before: pa.Table, active: list[str]) -> str:
    names, counts = np.unique(before["creative_id"].to_numpy(False).astype(str), return_counts=True)
    is_active = np.isin(names, active)
    # The first by id of several.
    return str(names[is_active][counts[is_active].argmax()]) if is_active.any() else ""


def _served_enough(midrolls: pa.Table, before: pa.Table, minimum: int) -> pa.Table:
    """Keeps predictions of creatives that a segment was served often enough."""
    keys = ["taste_segment", "creative_id"]
    plain = before.select(keys).cast(pa.schema([(key, pa.string()) for key in keys]))
    counts = plain.group_by(keys).aggregate([([], "count_all")])
    enough = counts.filter(pc.greater_equal(counts["count_all"], minimum))
    known = set(zip(*(enough[key].to_pylist() for key in keys), strict=True))
    pairs = zip(*(midrolls[key].to_pylist() for key in keys), strict=True)
    return midrolls.filter(pa.array([pair in known for pair in pairs], pa.bool_()))


def _recommended(rows: pa.Table, midrolls: pa.Table) -> np.ndarray:
    """Gives the best creative of each row's segment and genre; empty where there is none."""
    order = [("predicted_completion_rate", "descending"), ("creative_id", "ascending")]
    best: dict[tuple[str, str], str] = {}
    for row in midrolls.sort_by(order).to_pylist():
        best.setdefault((row["taste_segment"], row["main_genre_name"]), row["creative_id"])
    segments = rows["taste_segment"].cast(pa.string()).to_pylist()
    genres = pc.fill_null(rows["main_genre_name"].cast(pa.string()), "").to_pylist()
    return np.array([best.get(key, "") for key in zip(segments, genres, strict=True)])


def _wilson(rate: float, count: float) -> tuple[float, float]:
    """Gives the 95 % interval of a rate (Wilson 1927), within 0 and 1."""
    square = _Z**2
    middle = (rate + square / (2.0 * count)) / (1.0 + square / count)
    half = _Z * np.sqrt(max(rate * (1.0 - rate), 0.0) / count + square / (4.0 * count**2))
    half /= 1.0 + square / count
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)


def _deviation(terms: FloatArray, groups: IntArray) -> float:
    """Gives the standard deviation of a sum of terms whose mean is 0, by groups."""
    return float(np.sqrt((np.bincount(groups, weights=terms) ** 2).sum()))


def _rounded(table: list[dict[str, object]]) -> pa.Table:
    columns = []
    for field in POLICY_SCHEMA:
        values = [row[field.name] for row in table]
        if field.name not in _FIGURES:
            columns.append(pa.array(values, field.type))
            continue
        numbers = np.array([np.nan if value is None else value for value in values], np.float64)
        is_null = np.isnan(numbers)
        scaled = round_to_scale(np.where(is_null, 0.0, numbers), _RATE.scale)
        columns.append(decimal_array(scaled, _RATE, is_null))
    return pa.table(columns, schema=POLICY_SCHEMA)
