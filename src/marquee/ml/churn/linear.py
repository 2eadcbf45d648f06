"""The best linear version as a table of terms, so that SQL alone can score with it."""

from collections import defaultdict
from decimal import Decimal, localcontext

import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.artifacts import read_artifacts
from marquee.ml.churn.training import CHURN
from marquee.ml.tabular.artifacts import INTERCEPT, read_model
from marquee.ml.tabular.encoding import MISSING, VALUE
from marquee.ml.tabular.estimators import LinearEstimator
from marquee.ml.tabular.models import FittedModel
from marquee.ml.tabular.targets import BINARY, algorithm_of

# Times a value with 8 decimals: 28 decimals, and ten digits before them.
WEIGHT_TYPE = pa.decimal128(38, 20)
TERM_SCHEMA = pa.schema(
    [
        ("model_name", pa.string()),
        ("model_version", pa.string()),
        ("feature", pa.string()),
        ("term", pa.string()),
        ("category", pa.string()),
        ("weight", WEIGHT_TYPE),
    ]
)
# Enough that only the last rounding is one.
_DIGITS = 80


def linear_version(decisions: pa.Table) -> str | None:
    """Names the linear version to score with: the champion, else the best challenger.

    Args:
        decisions: model_name, model_version, algorithm, status and deciding_value, one row a
            version.

    Returns:
        The version: champion before challenger before rejected, then by deciding value and name;
        None if no linear version was trained.
    """
    statuses = ["champion", "challenger", "rejected"]
    is_linear = pc.and_(
        pc.equal(decisions["model_name"], CHURN),
        pc.equal(decisions["algorithm"], algorithm_of(BINARY, "linear")),
    )
    names = ["model_version", "status", "deciding_value"]
    ranked = sorted(
        (
            statuses.index(row["status"]),
            row["deciding_value"] is None,
            -(row["deciding_value"] or 0),
            row["model_version"],
        )
        for row in decisions.filter(is_linear).select(names).to_pylist()
    )
    return ranked[0][-1] if ranked else None


def linear_terms(artifacts: pa.Table, decisions: pa.Table) -> pa.Table:
    """Writes the version that `linear_version` names as terms whose sum is the log-odds.

    Args:
        artifacts: Table of ARTIFACT_SCHEMA.
        decisions: As `linear_version` wants them.

    Returns:
        Table of TERM_SCHEMA, sorted by key; empty without a linear version. Everybody's log-odds
        are the weight of INTERCEPT, plus for each feature: a known number times the weight of
        VALUE, the weight of MISSING if it is not known, or the weight of its CATEGORY. Weights of
        0 are left out.
    """
    version = linear_version(decisions)
    if version is None:
        return TERM_SCHEMA.empty_table()
    own = artifacts.filter(pc.equal(artifacts["model_version"].cast(pa.string()), version))
    [(_, rows)] = read_artifacts(own).items()
    with localcontext(prec=_DIGITS):
        found = [
            (CHURN, version, *key, weight.quantize(Decimal(1).scaleb(-WEIGHT_TYPE.scale)))
            for key, weight in sorted(_weights(read_model(rows)).items())
            if weight or key[0] == INTERCEPT
        ]
    named = [dict(zip(TERM_SCHEMA.names, row, strict=True)) for row in found]
    return pa.Table.from_pylist(named, schema=TERM_SCHEMA)


def _weights(model: FittedModel) -> dict[tuple[str, str, str], Decimal]:
    """Multiplies filling, standardising and calibration out; by feature, term and category."""
    estimator = model.estimator
    assert isinstance(estimator, LinearEstimator)  # noqa: S101 - its algorithm says so
    slope = Decimal(model.calibration.slope)
    intercept, *coefficients = map(Decimal, estimator.coefficients[0].tolist())
    base = slope * intercept + Decimal(model.calibration.intercept)
    found: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for column, coefficient in zip(model.encoding.columns, coefficients, strict=True):
        weight = slope * coefficient / Decimal(column.scale)
        base -= weight * Decimal(column.centre)
        found[column.feature, column.kind, column.category] += weight
        if column.kind == VALUE:
            # What is missing counts as the median; a column of its own may add to that.
            found[column.feature, MISSING, ""] += weight * Decimal(column.median)
    found[INTERCEPT, INTERCEPT, ""] = base
    return found
