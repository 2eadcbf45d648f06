"""Impressions as rows to train on, and later ones to judge by."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.churn.rows import Split, has_both_outcomes
from marquee.ml.dense_index import dense_index
from marquee.ml.tabular.features import IntArray, read_features
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.tabular.targets import read_target
from marquee.ml.tabular.training import TrainingRows

TARGET = "is_ad_completed"
KEY = "impression_id"
_KNOWN, _DAY = "outcome_known_date", "broadcast_date"
_NOT_LEARNED = {KEY, "customer_id", "as_of_date", "serving_probability", TARGET, _KNOWN, _DAY}
_TEST_SHARE = 0.25


def feature_names(impressions: pa.Table, specification: ModelSpecification) -> list[str]:
    """Names the columns to learn from, in sorted order."""
    left_out = _NOT_LEARNED | set(specification.excluded_features)
    return sorted(name for name in impressions.column_names if name not in left_out)


def labelled_rows(impressions: pa.Table) -> pa.Table:
    """Gives the impressions with a known outcome, sorted by day and id."""
    known = impressions.filter(impressions[TARGET].is_valid())
    return known.sort_by([(_DAY, "ascending"), (KEY, "ascending")])


def latest_date(impressions: pa.Table) -> dt.date | None:
    """Gives the snapshot day; None without impressions."""
    found: dt.date | None = pc.max(impressions["as_of_date"]).as_py()
    return found


def training_rows(rows: pa.Table, specification: ModelSpecification) -> TrainingRows:
    """Reads labelled rows, at least one, for training or judging."""
    return TrainingRows(
        features=read_features(rows, feature_names(rows, specification)),
        target=read_target(rows[TARGET]),
        groups=groups_of(rows),
        days=_days(rows[_DAY]),
        known_days=_days(rows[_KNOWN]),
    )


def groups_of(rows: pa.Table) -> IntArray:
    """Gives the position of each row's customer; who is not logged in is a group of one row."""
    own = pc.coalesce(
        pc.binary_join_element_wise("c", rows["customer_id"].cast(pa.string()), ""),
        pc.binary_join_element_wise("i", rows[KEY].cast(pa.string()), ""),
    )
    return dense_index(own)[1]


def split_rows(rows: pa.Table, specification: ModelSpecification) -> Split:
    """Holds back the newest days, about a quarter of the impressions: what training never saw.

    Training sees only outcomes that were known before the first of these days.

    Args:
        rows: What `labelled_rows` gives, at least one row.
        specification: Settings.

    Returns:
        The split, named by the first day held back; where it leaves too few of either outcome on a
        side all rows train and none judge.
    """
    days, known_days = _days(rows[_DAY]), _days(rows[_KNOWN])
    completed = rows[TARGET].to_numpy().astype(bool)
    first = days[int((1.0 - _TEST_SHARE) * len(days))]
    is_train, is_test = known_days <= first, days >= first
    day = np.datetime64(int(first), "D")
    sides = (completed[is_train], completed[is_test])
    if all(has_both_outcomes(side, specification.minimum_outcomes) for side in sides):
        return Split(f"date_{day}", is_train, is_test)
    return Split(f"none_{day}", np.ones(len(days), bool), np.zeros(len(days), bool))


def _days(column: pa.ChunkedArray) -> IntArray:
    return np.asarray(column.cast(pa.date32()).cast(pa.int32()).to_numpy(), dtype=np.int64)
