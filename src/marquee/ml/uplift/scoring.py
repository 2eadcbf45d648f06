"""What an offer would do for each customer of the newest snapshot day."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from marquee.ml import versions
from marquee.ml.decimals import decimal_array, round_to_scale
from marquee.ml.one_thread import one_thread
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.uplift.effects import Offers, fit_effects, reductions
from marquee.ml.uplift.evaluation import PREDICTION_SCHEMA, RATE_TYPE
from marquee.ml.uplift.rows import (
    judged_offers,
    known_genres,
    read_effect_features,
    read_offers,
    with_snapshots,
)

OFFER_EFFECT = "offer_effect"
EFFECT_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("model_version", pa.string()),
        ("churn_model_version", pa.string()),
        ("churn_probability", RATE_TYPE),
        ("log_odds_effect", RATE_TYPE),
        ("least_log_odds_effect", RATE_TYPE),
        ("churn_reduction", RATE_TYPE),
    ]
)
_PACKAGES = ("numpy", "scipy")
_LEAST_PROBABILITY = 1e-8


def score_offer_effects(
    scores: pa.Table,
    offers: pa.Table,
    predictions: pa.Table,
    snapshots: pa.Table,
    genre_shares: pa.Table,
    specification: ModelSpecification,
    effect_features: Sequence[str],
) -> pa.Table:
    """Fits the effect on all judged offers, and says what an offer would do for each customer.

    Args:
        scores: customer_id, as_of_date, model_version and churn_probability of the customers of
            the newest snapshot day.
        offers: Rows of label_retention_offers.
        predictions: What `predict_offers` gave for them: the risk before each offer.
        snapshots: Features, one row per customer_id and as_of_date.
        genre_shares: customer_id, genre_name, as_of_date and genre_share_rate.
        specification: Settings.
        effect_features: Columns of the snapshots that the effect may depend on.

    Returns:
        Table of EFFECT_SCHEMA, sorted by customer; `churn_reduction` follows from the champion's
        `churn_probability` as it is stored. Empty without scores or judged offers.
    """
    own = scores.select(["customer_id", "as_of_date", "model_version", "churn_probability"])
    rows = with_snapshots(own, snapshots)
    known = predictions.cast(PREDICTION_SCHEMA).select(["offer_id", "churn_probability"])
    judged = judged_offers(offers)
    judged = judged.set_column(
        judged.column_names.index("offer_id"), "offer_id", judged["offer_id"].cast(pa.string())
    ).join(known, "offer_id", join_type="inner")
    ordered = ["offer_id", *(name for name in judged.column_names if name != "offer_id")]
    judged = with_snapshots(judged.select(ordered), snapshots)
    if not rows.num_rows or not judged.num_rows:
        return EFFECT_SCHEMA.empty_table()
    genres = known_genres(genre_shares)
    with one_thread():
        training = read_offers(
            judged,
            read_effect_features(judged, genre_shares, effect_features, genres),
            _log_odds(judged["churn_probability"]),
        )
        model = fit_effects(training, specification)
        features = read_effect_features(rows, genre_shares, effect_features, genres)
        effects, least = model.log_odds_effects(features), model.least_effects(features)
    lowered = reductions(_log_odds(rows["churn_probability"]), effects)
    version = _version(training, specification, model.effect.algorithm)
    return pa.table(
        [
            rows["customer_id"],
            rows["as_of_date"],
            pa.repeat(version, rows.num_rows),
            rows["model_version"].cast(pa.string()),
            rows["churn_probability"].cast(RATE_TYPE),
            _rates(effects),
            _rates(least),
            _rates(lowered),
        ],
        schema=EFFECT_SCHEMA,
    )


def _version(training: Offers, specification: ModelSpecification, algorithm: str) -> str:
    """Names the model by what it is made of; rows stand in the order of their offers."""
    folder = Path(__file__).parent
    columns = {
        **training.features.numbers,
        **training.features.categories,
        "(risk_log_odds)": training.risk_log_odds,
        "(is_treated)": training.is_treated.astype(np.int64),
        "(treatment_probability)": training.treatment_probability,
        "(is_churned)": training.churned,
        "(customer)": training.groups,
    }
    keys = pa.array([f"{row:09d}" for row in range(len(training))])
    table = pa.table({"(row)": keys, **{name: pa.array(own) for name, own in columns.items()}})
    sources = [*folder.glob("*.py"), *(folder.parent / "tabular").glob("*.py")]
    return versions.model_version(
        OFFER_EFFECT,
        algorithm,
        specification.canonical("linear"),
        versions.training_fingerprint(table, ["(row)"]),
        versions.package_versions(_PACKAGES),
        versions.code_version(sources),
    )


def _log_odds(probabilities: pa.ChunkedArray) -> np.ndarray:
    values = probabilities.cast(pa.float64(), safe=False).to_numpy()
    clipped = np.clip(values, _LEAST_PROBABILITY, 1.0 - _LEAST_PROBABILITY)
    return np.asarray(np.log(clipped / (1.0 - clipped)))


def _rates(values: np.ndarray) -> pa.Array:
    return decimal_array(round_to_scale(values, RATE_TYPE.scale), RATE_TYPE)
