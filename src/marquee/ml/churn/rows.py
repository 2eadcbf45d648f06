"""Snapshots and labels as rows to train on and rows to judge by, which lie later."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.dense_index import dense_index
from marquee.ml.tabular.features import BoolArray, IntArray, read_features
from marquee.ml.tabular.specification import ModelSpecification
from marquee.ml.tabular.targets import read_target
from marquee.ml.tabular.training import TrainingRows

KEYS = ("customer_id", "as_of_date")
TARGET = "is_churned"
_KNOWN = "label_known_date"
# Who has cancelled already has no label either: there is nothing left to ask.
_HAS_LEFT = "is_cancelled"
_RANDOM_TEST_SHARE = 0.3


@dataclass(frozen=True, eq=False)
class Split:
    """Which labelled rows train and which judge.

    Attributes:
        name: date_ or random_ and the day of the newest labels, or none_ if there are too few.
        is_train: Rows to train on, shape (rows,).
        is_test: Rows of the newest labelled day to judge by, shape (rows,); none if there are too
            few, and then all rows train.
    """

    name: str
    is_train: BoolArray
    is_test: BoolArray


def latest_date(snapshots: pa.Table) -> dt.date | None:
    """Gives the newest snapshot day; None without snapshots."""
    found: dt.date | None = pc.max(snapshots["as_of_date"]).as_py()
    return found


def scored_rows(snapshots: pa.Table) -> pa.Table:
    """Gives the customers of the newest snapshot day who have not cancelled, sorted by id."""
    rows = snapshots.filter(pc.equal(snapshots["as_of_date"], latest_date(snapshots)))
    if _HAS_LEFT in rows.column_names:
        rows = rows.filter(pc.invert(pc.fill_null(rows[_HAS_LEFT], False)))
    return rows.sort_by("customer_id")


def feature_names(snapshots: pa.Table, specification: ModelSpecification) -> list[str]:
    """Names the columns to learn from, in sorted order."""
    left_out = {*KEYS, *specification.excluded_features}
    return sorted(name for name in snapshots.column_names if name not in left_out)


def labelled_rows(snapshots: pa.Table, labels: pa.Table) -> pa.Table:
    """Joins snapshots with their labels.

    Args:
        snapshots: One row per customer_id and as_of_date.
        labels: One row per customer_id and as_of_date with is_churned and label_known_date.

    Returns:
        The columns of `snapshots`, is_churned and label_known_date, sorted by day and customer.
    """
    own = labels.select([*KEYS, TARGET, _KNOWN]).filter(labels[TARGET].is_valid())
    joined = _with_plain_keys(snapshots).join(_with_plain_keys(own), list(KEYS), join_type="inner")
    names = [*snapshots.column_names, TARGET, _KNOWN]
    return joined.select(names).sort_by([("as_of_date", "ascending"), ("customer_id", "ascending")])


def training_rows(rows: pa.Table, specification: ModelSpecification) -> TrainingRows:
    """Reads labelled rows, at least one, for training or judging."""
    return TrainingRows(
        features=read_features(rows, feature_names(rows.drop([TARGET, _KNOWN]), specification)),
        target=read_target(rows[TARGET]),
        groups=dense_index(rows["customer_id"])[1],
        days=_days(rows["as_of_date"]),
        known_days=_days(rows[_KNOWN]),
    )


def split_rows(rows: pa.Table, specification: ModelSpecification) -> Split:
    """Holds back the newest labelled day: what training never saw.

    Training sees only labels that were known on that day, for it could not have had others then.
    Where that leaves too few of either outcome, some customers are held back instead.

    Args:
        rows: What `labelled_rows` gives, at least one row.
        specification: Settings.
    """
    days, known_days = _days(rows["as_of_date"]), _days(rows[_KNOWN])
    churned = rows[TARGET].to_numpy().astype(bool)
    newest = days.max()
    is_newest = days == newest
    splits = [Split("date", known_days <= newest, is_newest)]
    groups = dense_index(rows["customer_id"])[1]
    permuted = np.random.default_rng(specification.seed).permutation(int(groups.max()) + 1)
    is_held_back = (permuted < _RANDOM_TEST_SHARE * len(permuted))[groups]
    splits.append(Split("random", ~is_held_back, is_held_back & is_newest))
    day = np.datetime64(int(newest), "D")
    for split in splits:
        train, test = churned[split.is_train & ~split.is_test], churned[split.is_test]
        if all(_has_both(own, specification.minimum_outcomes) for own in (train, test)):
            return Split(f"{split.name}_{day}", split.is_train & ~split.is_test, split.is_test)
    return Split(f"none_{day}", np.ones(len(days), bool), np.zeros(len(days), bool))


def has_both_outcomes(churned: Sequence[bool] | BoolArray, minimum: int) -> bool:
    """Tells whether there are at least so many rows of each outcome."""
    return _has_both(np.asarray(churned, dtype=bool), minimum)


def _has_both(churned: BoolArray, minimum: int) -> bool:
    return bool(minimum <= churned.sum() <= len(churned) - minimum)


def _with_plain_keys(table: pa.Table) -> pa.Table:
    position = table.column_names.index("customer_id")
    return table.set_column(position, "customer_id", table["customer_id"].cast(pa.string()))


def _days(column: pa.ChunkedArray) -> IntArray:
    return np.asarray(column.cast(pa.date32()).cast(pa.int32()).to_numpy(), dtype=np.int64)
