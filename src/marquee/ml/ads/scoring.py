"""What the champion expects of each creative in the mid-rolls of each segment and genre."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.ads.rows import latest_date
from marquee.ml.ads.training import AD_COMPLETION
from marquee.ml.artifacts import read_artifacts
from marquee.ml.decimals import decimal_array, round_to_scale
from marquee.ml.one_thread import one_thread
from marquee.ml.tabular.artifacts import read_model
from marquee.ml.tabular.features import FloatArray, read_features
from marquee.ml.tabular.models import FittedModel

MID_ROLL = "mid_roll"
RATE_TYPE = pa.decimal128(12, 8)
# What a slot is before anybody has chosen an ad for it, and what belongs to the ad.
SLOT = ("taste_segment", "main_genre_name", "daypart", "device_class", "pod_position")
CREATIVE = ("creative_id", "advertiser_name", "product_category", "creative_duration_ms")
MIDROLL_SCHEMA = pa.schema(
    [
        ("taste_segment", pa.string()),
        ("main_genre_name", pa.string()),
        ("creative_id", pa.string()),
        ("model_version", pa.string()),
        ("slot_count", pa.int64()),
        ("predicted_completion_rate", RATE_TYPE),
        ("as_of_date", pa.date32()),
    ]
)


def score_midrolls(
    impressions: pa.Table, artifacts: pa.Table, decisions: pa.Table, active_days: int
) -> pa.Table:
    """Predicts the completion of each active creative in each segment and genre.

    Every mid-roll impression is a slot that any creative might have had: the prediction is the mean
    over the slots of a segment and genre, so that hours and devices weigh as they do there.

    Args:
        impressions: Features, one row an impression_id.
        artifacts: What `train_ad_models` gave.
        decisions: model_name, model_version and status, one row a version.
        active_days: A creative is active if it was served on one of so many days, the newest last.

    Returns:
        Table of MIDROLL_SCHEMA, sorted by segment, genre and creative; a genre is empty where
        unknown. Empty without a champion or mid-rolls.

    Raises:
        ValueError: If the decisions name two champions.
    """
    champion = read_champion(artifacts, decisions)
    slots = _slots(impressions)
    if champion is None or not slots.num_rows:
        return MIDROLL_SCHEMA.empty_table()
    version, model = champion
    creatives = active_creatives(impressions, active_days).to_pylist()
    first = _starts(slots)
    counts = slots["slot_count"].to_numpy().astype(np.float64)
    places = slots.take(pa.array(first))
    slot_counts = np.add.reduceat(counts, first)
    tables = []
    with one_thread():
        for creative in creatives:
            rates = _rates(model, slots, creative)
            expected = np.add.reduceat(rates * counts, first) / slot_counts
            scaled = round_to_scale(expected, RATE_TYPE.scale)
            columns = [
                places["taste_segment"],
                places["main_genre_name"],
                pa.repeat(creative["creative_id"], len(first)),
                pa.repeat(version, len(first)),
                pa.array(slot_counts.astype(np.int64)),
                decimal_array(scaled, RATE_TYPE),
                pa.repeat(pa.scalar(latest_date(impressions), pa.date32()), len(first)),
            ]
            tables.append(pa.table(columns, schema=MIDROLL_SCHEMA))
    order = [(name, "ascending") for name in ("taste_segment", "main_genre_name", "creative_id")]
    return pa.concat_tables(tables).sort_by(order)


def read_champion(artifacts: pa.Table, decisions: pa.Table) -> tuple[str, FittedModel] | None:
    """Reads the champion with its version; None if there is none.

    Raises:
        ValueError: If the decisions name two champions.
    """
    is_champion = pc.and_(
        pc.equal(decisions["model_name"], AD_COMPLETION), pc.equal(decisions["status"], "champion")
    )
    names = decisions.filter(is_champion)["model_version"].to_pylist()
    if len(names) > 1:
        raise ValueError(f"{AD_COMPLETION} has more than one champion: {sorted(names)}")
    found = read_artifacts(artifacts)
    return (names[0], read_model(found[names[0]])) if names else None


def active_creatives(impressions: pa.Table, active_days: int) -> pa.Table:
    """Gives the creatives served on one of the newest days, with what belongs to them, by id."""
    newest: dt.date | None = pc.max(impressions["broadcast_date"]).as_py()
    if newest is None:
        return impressions.select(CREATIVE).slice(0, 0)
    since = pa.scalar(newest - dt.timedelta(days=active_days - 1), pa.date32())
    recent = impressions.filter(pc.greater_equal(impressions["broadcast_date"], since))
    own = recent.group_by(list(CREATIVE)).aggregate([])
    # Traits are those of the film: one row each.
    return own.sort_by([(name, "ascending") for name in CREATIVE])


def _slots(impressions: pa.Table) -> pa.Table:
    """Gives the distinct mid-roll slots with their counts, by segment and genre."""
    own = impressions.filter(pc.equal(impressions["break_type"], MID_ROLL))
    table = own.select(list(SLOT))
    for place, name in enumerate(SLOT[:-1]):
        table = table.set_column(place, name, pc.fill_null(table[name].cast(pa.string()), ""))
    grouped = table.group_by(list(SLOT)).aggregate([([], "count_all")])
    named = grouped.rename_columns([*SLOT, "slot_count"])
    return named.sort_by([(name, "ascending") for name in SLOT])


def _starts(slots: pa.Table) -> np.ndarray:
    keys = [slots[name].to_numpy(zero_copy_only=False).astype(str) for name in SLOT[:2]]
    is_start = np.ones(slots.num_rows, dtype=bool)
    is_start[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return np.flatnonzero(is_start)


def _rates(model: FittedModel, slots: pa.Table, creative: dict[str, object]) -> FloatArray:
    count = slots.num_rows
    table = slots.drop(["slot_count"]).append_column(
        "break_type", pa.repeat(MID_ROLL, count).cast(pa.string())
    )
    for name in CREATIVE:
        kind = pa.int64() if name.endswith("_ms") else pa.string()
        table = table.append_column(name, pa.repeat(pa.scalar(creative[name], kind), count))
    category = pa.scalar(creative["product_category"], pa.string())
    table = table.append_column(
        "segment_category", pc.binary_join_element_wise(table["taste_segment"], category, " ")
    )
    return np.asarray(model.predict(read_features(table, model.encoding.features))[:, 0])
