"""What offers did: predicted for customers whom the models have not seen, by order and by group."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from marquee.ml.churn.rows import TARGET, feature_names, labelled_rows, training_rows
from marquee.ml.churn.slices import slices_of
from marquee.ml.decimals import decimal_array, round_to_scale
from marquee.ml.dense_index import Positions, dense_index
from marquee.ml.intervals import Statistic, estimate
from marquee.ml.one_thread import one_thread
from marquee.ml.tabular.elastic_net import sigmoid
from marquee.ml.tabular.features import BoolArray, FloatArray, IntArray, read_features
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.uplift.effects import customer_folds, fit_effects, fit_risk, reductions
from marquee.ml.uplift.groups import uplift_of_groups
from marquee.ml.uplift.qini import kept_by_offer, qini_within_folds
from marquee.ml.uplift.rows import (
    customer_positions,
    judged_offers,
    known_genres,
    read_effect_features,
    read_offers,
    with_snapshots,
)

RATE_TYPE = pa.decimal128(12, 8)
PREDICTION_SCHEMA = pa.schema(
    [
        ("offer_id", pa.string()),
        ("customer_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("fold", pa.int64()),
        ("churn_probability", RATE_TYPE),
        ("log_odds_effect", RATE_TYPE),
        ("least_log_odds_effect", RATE_TYPE),
        ("churn_reduction", RATE_TYPE),
    ]
)
_RANKING_FIGURES = (
    "qini_coefficient",
    "lower_bound",
    "upper_bound",
    "difference",
    "difference_lower_bound",
    "difference_upper_bound",
)
RANKING_SCHEMA = pa.schema(
    [
        ("ranking_name", pa.string()),
        ("offer_count", pa.int64()),
        *((name, RATE_TYPE) for name in _RANKING_FIGURES),
    ]
)
_GROUP_FIGURES = (
    "treated_churn_rate",
    "holdout_churn_rate",
    "churn_rate_difference",
    "uplift_lower_bound",
    "uplift_upper_bound",
    "shrunken_difference",
)
GROUP_SCHEMA = pa.schema(
    [
        ("group_type", pa.string()),
        ("group_name", pa.string()),
        ("verdict", pa.string()),
        ("treated_count", pa.int64()),
        ("holdout_count", pa.int64()),
        *((name, RATE_TYPE) for name in _GROUP_FIGURES),
    ]
)
BY_EFFECT, BY_RISK = "churn_reduction", "churn_probability"
_EVERYBODY = "everybody"
_NO_SEGMENT = "Too little watched yet"
_BETTER_LEFT_ALONE, _OTHERS = "better left alone", "others"


def predict_offers(
    offers: pa.Table,
    snapshots: pa.Table,
    labels: pa.Table,
    genre_shares: pa.Table,
    specification: ModelSpecification,
    effect_features: Sequence[str],
) -> pa.Table:
    """Predicts what each judged offer would do, by models that have not seen its customer.

    Customers are cut into folds by chance; risk and effect of a fold are fitted on the others.

    Args:
        offers: Rows of label_retention_offers.
        snapshots: Features, one row per customer_id and as_of_date.
        labels: One row per customer_id and as_of_date with is_churned and label_known_date.
        genre_shares: customer_id, genre_name, as_of_date and genre_share_rate.
        specification: Settings; the linear candidates are those of the effect.
        effect_features: Columns of the snapshots that the effect may depend on.

    Returns:
        Table of PREDICTION_SCHEMA, sorted by offer. `log_odds_effect` is what an offer adds to the
        log-odds of leaving, `least_log_odds_effect` the lower end of its one-sided 95 % interval,
        `churn_reduction` by how much an offer lowers the probability.
    """
    rows = with_snapshots(judged_offers(offers), snapshots)
    labelled = labelled_rows(snapshots, labels)
    if not rows.num_rows or not labelled.num_rows:
        return PREDICTION_SCHEMA.empty_table()
    own, others = customer_positions(rows, labelled)
    folds = customer_folds(
        np.concatenate([own, others]), specification.selection.folds, specification.seed
    )
    of_offers, of_labels = folds[: len(own)], folds[len(own) :]
    with one_thread():
        risk = _crossed_risk(rows, labelled, of_offers, of_labels, specification)
        features = read_effect_features(
            rows, genre_shares, effect_features, known_genres(genre_shares)
        )
        found = read_offers(rows, features, risk)
        effects, least, lowered = (np.zeros(len(found)) for _ in range(3))
        for fold in np.unique(of_offers):
            is_own = of_offers == fold
            if is_own.all():
                continue
            model = fit_effects(found.take(~is_own), specification)
            effects[is_own] = model.log_odds_effects(features.take(is_own))
            least[is_own] = model.least_effects(features.take(is_own))
            base = model.calibration.apply(risk[is_own])
            lowered[is_own] = reductions(base, effects[is_own])
    return pa.table(
        [
            rows["offer_id"].cast(pa.string()),
            rows["customer_id"],
            rows["as_of_date"],
            pa.array(of_offers, pa.int64()),
            *(_rates(values) for values in (sigmoid(risk), effects, least, lowered)),
        ],
        schema=PREDICTION_SCHEMA,
    )


def compare_rankings(
    offers: pa.Table, predictions: pa.Table, specification: ModelSpecification
) -> pa.Table:
    """Measures how many customers an order of offers keeps, by effect and by risk.

    Args:
        offers: Rows of label_retention_offers.
        predictions: What `predict_offers` gave for them.
        specification: Settings.

    Returns:
        Table of RANKING_SCHEMA, one row an order, with 95 % intervals over resampled customers and
        the paired difference to the order by risk; empty without predictions.
    """
    rows = _predicted(offers, predictions)
    if not rows.num_rows:
        return RANKING_SCHEMA.empty_table()
    risk, lowered = _floats(rows[BY_RISK]), _floats(rows[BY_EFFECT])
    churned, is_treated, share = _outcomes(rows)
    kept = kept_by_offer(churned, risk, is_treated, share)
    customers = dense_index(rows["customer_id"])[1]
    folds = rows["fold"].to_numpy()
    by_risk = _statistic(risk, kept, customers, folds)
    table = []
    for name, scores in ((BY_RISK, risk), (BY_EFFECT, lowered)):
        [figures] = estimate(
            (name,),
            _statistic(scores, kept, customers, folds),
            None if name == BY_RISK else by_risk,
            int(customers.max()) + 1,
            specification.bootstrap_resamples,
            specification.seed,
        )
        values = (figures.value, *(getattr(figures, one) for one in _RANKING_FIGURES[1:]))
        table.append(
            {"ranking_name": name, "offer_count": rows.num_rows}
            | dict(zip(_RANKING_FIGURES, map(_scaled, values), strict=True))
        )
    return _from_scaled(table, RANKING_SCHEMA)


def uplift_by_group(
    offers: pa.Table,
    snapshots: pa.Table,
    predictions: pa.Table,
    segments: pa.Table,
    risk_bands: pa.Table,
    specification: ModelSpecification,
) -> pa.Table:
    """Compares churn rates with and without offer in parts of the customers.

    Args:
        offers: Rows of label_retention_offers.
        snapshots: Features, one row per customer_id and as_of_date.
        predictions: What `predict_offers` gave; risk bands and expected effects are made of it.
        segments: customer_id, as_of_date and segment_label, of those who had one before an offer;
            empty where there are no segments.
        risk_bands: risk_band, probability_from and probability_below.
        specification: Settings; its slices are the groups, and with fewer than
            `minimum_slice_rows` offers or held out ones there is no verdict.

    Returns:
        Table of GROUP_SCHEMA, sorted; groups of a type hold every judged offer once.
    """
    rows = _predicted(offers, predictions)
    if not rows.num_rows:
        return GROUP_SCHEMA.empty_table()
    rows = with_snapshots(rows, snapshots)
    churned, is_treated, share = _outcomes(rows)
    types: dict[str, list[tuple[str, BoolArray]]] = {
        _EVERYBODY: [(_EVERYBODY, np.ones(rows.num_rows, dtype=bool))],
        "risk_band": _bands(_floats(rows[BY_RISK]), risk_bands),
        "expected_effect": _expected(_floats(rows["least_log_odds_effect"])),
    }
    if segments.num_rows:
        types["taste_segment"] = _segments(rows, segments)
    for name, members in slices_of(rows, specification.slices):
        column, value = name.split("=", 1)
        types.setdefault(column, []).append((value, members))
    table = []
    for group_type, groups in types.items():
        found = uplift_of_groups(
            churned,
            is_treated,
            share,
            [members for _, members in groups],
            specification.minimum_slice_rows,
        )
        for (group_name, _), own in zip(groups, found, strict=True):
            values = (
                own.treated_rate,
                own.holdout_rate,
                own.difference,
                own.lower_bound,
                own.upper_bound,
                own.shrunken,
            )
            table.append(
                {
                    "group_type": group_type,
                    "group_name": group_name,
                    "verdict": own.verdict,
                    "treated_count": own.treated_count,
                    "holdout_count": own.holdout_count,
                }
                | dict(zip(_GROUP_FIGURES, map(_scaled, values), strict=True))
            )
    return _from_scaled(table, GROUP_SCHEMA).sort_by(
        [("group_type", "ascending"), ("group_name", "ascending")]
    )


def _crossed_risk(
    rows: pa.Table,
    labelled: pa.Table,
    of_offers: IntArray,
    of_labels: IntArray,
    specification: ModelSpecification,
) -> FloatArray:
    """Gives the log-odds of leaving by models that have not seen the customer, shape (rows,)."""
    risk = np.zeros(rows.num_rows)
    names = feature_names(labelled.drop([TARGET, "label_known_date"]), specification)
    for fold in np.unique(of_offers):
        own, others = of_offers == fold, of_labels != fold
        if others.any():
            training = training_rows(labelled.filter(pa.array(others)), specification)
            held_back = read_features(rows.filter(pa.array(own)), names)
            risk[own] = fit_risk(training, specification).margins(held_back)[:, 0]
    return risk


def _predicted(offers: pa.Table, predictions: pa.Table) -> pa.Table:
    own = judged_offers(offers).select(["offer_id", "treatment_probability", "is_treated", TARGET])
    own = own.set_column(0, "offer_id", own["offer_id"].cast(pa.string()))
    plain = predictions.cast(PREDICTION_SCHEMA)
    return plain.join(own, "offer_id", join_type="inner").sort_by("offer_id")


def _outcomes(rows: pa.Table) -> tuple[FloatArray, BoolArray, FloatArray]:
    return (
        rows[TARGET].to_numpy().astype(np.float64),
        rows["is_treated"].to_numpy().astype(bool),
        _floats(rows["treatment_probability"]),
    )


def _statistic(
    scores: FloatArray, kept: FloatArray, customers: IntArray, folds: IntArray
) -> Statistic:
    coefficient = qini_within_folds(scores, kept, folds)

    def statistic(drawn: Positions) -> FloatArray:
        weights = np.bincount(drawn, minlength=int(customers.max()) + 1).astype(np.float64)
        return np.array([coefficient(weights[customers])])

    return statistic


def _bands(risk: FloatArray, table: pa.Table) -> list[tuple[str, BoolArray]]:
    names = table["risk_band"].cast(pa.string()).to_pylist()
    lowest, highest = _floats(table["probability_from"]), _floats(table["probability_below"])
    found = [
        (name, (risk >= low) & (risk < high))
        for name, low, high in zip(names, lowest, highest, strict=True)
    ]
    return [(name, members) for name, members in sorted(found, key=_name) if members.any()]


def _expected(least: FloatArray) -> list[tuple[str, BoolArray]]:
    found = [(_BETTER_LEFT_ALONE, least > 0.0), (_OTHERS, least <= 0.0)]
    return [(name, members) for name, members in found if members.any()]


def _segments(rows: pa.Table, segments: pa.Table) -> list[tuple[str, BoolArray]]:
    known = {
        (customer, day): label
        for customer, day, label in zip(
            *(
                segments[name].to_pylist()
                for name in ("customer_id", "as_of_date", "segment_label")
            ),
            strict=True,
        )
    }
    keys = zip(rows["customer_id"].to_pylist(), rows["as_of_date"].to_pylist(), strict=True)
    labels = np.array([known.get(key, _NO_SEGMENT) for key in keys], dtype=np.str_)
    return [(str(label), labels == label) for label in np.unique(labels)]


def _name(group: tuple[str, BoolArray]) -> str:
    return group[0]


def _floats(column: pa.ChunkedArray) -> FloatArray:
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _rates(values: FloatArray) -> pa.Array:
    return decimal_array(round_to_scale(values, RATE_TYPE.scale), RATE_TYPE)


def _scaled(value: float | None) -> int | None:
    return None if value is None else int(round_to_scale(value, RATE_TYPE.scale))


def _from_scaled(rows: list[dict[str, object]], schema: pa.Schema) -> pa.Table:
    """Builds a table whose decimals are given in units of their last digit, None for null."""
    columns = []
    for field in schema:
        values = [row[field.name] for row in rows]
        if field.type == RATE_TYPE:
            is_null = np.array([value is None for value in values], dtype=bool)
            scaled = np.array([0 if value is None else value for value in values], dtype=np.int64)
            columns.append(decimal_array(scaled, RATE_TYPE, is_null))
        else:
            columns.append(pa.array(values, field.type))
    return pa.table(columns, schema=schema)
