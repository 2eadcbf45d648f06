"""Splits of interactions into rows to train on and rows to test with, without looking ahead."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marquee.ml.recommendation.interactions import BoolArray, Interactions
from marquee.ml.recommendation.specification import RecommenderSpecification

# Fewer rows than these say too little about a customer to hold one back.
MINIMUM_CUSTOMER_ROWS = 5


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows train, which test, and who is evaluated.

    Attributes:
        name: The split that was made: date, customer_time or random.
        is_train: Rows to train on, shape (rows,).
        is_test: Rows to test with, shape (rows,).
        is_masked: Rows on both sides of the cutoff, whose weight knows the future: neither
            trained on nor tested with, but seen, so they are not recommended; shape (rows,).
        is_evaluated: Customers with rows to train on and to test with, shape (customers,).
    """

    name: str
    is_train: BoolArray
    is_test: BoolArray
    is_masked: BoolArray
    is_evaluated: BoolArray


def split_interactions(
    interactions: Interactions, name: str, specification: RecommenderSpecification
) -> Split:
    """Splits the rows of interactions.

    A row's weight and rating sum up all of its interactions. So the splits by time train only on
    rows that ended before the cutoff, and test only with rows that began at or after it.

    Args:
        interactions: Rows in canonical order.
        name: date (one cutoff for all), customer_time (a cutoff a customer, for customers with
            five rows or more), random, or auto (date if enough customers have five rows to train
            on and one to test with, else customer_time).
        specification: Settings.

    Returns:
        The split; its name is never auto.
    """
    if name == "random":
        generator = np.random.default_rng(specification.seed)
        is_test = generator.random(len(interactions)) < specification.test_share
        return _split(interactions, name, ~is_test, is_test)
    if name == "auto":
        by_date = split_interactions(interactions, "date", specification)
        train_rows = _rows_by_customer(interactions, by_date.is_train)
        is_usable = by_date.is_evaluated & (train_rows >= MINIMUM_CUSTOMER_ROWS)
        if is_usable.sum() >= specification.minimum_date_split_customers:
            return by_date
        name = "customer_time"
    cutoffs = _CUTOFFS[name](interactions, specification.test_share)
    return _split(
        interactions, name, interactions.last_at < cutoffs, interactions.first_at >= cutoffs
    )


def _split(interactions: Interactions, name: str, is_train: BoolArray, is_test: BoolArray) -> Split:
    has_train = _rows_by_customer(interactions, is_train) > 0
    has_test = _rows_by_customer(interactions, is_test) > 0
    return Split(name, is_train, is_test, ~(is_train | is_test), has_train & has_test)


def _rows_by_customer(interactions: Interactions, rows: BoolArray) -> npt.NDArray[np.int64]:
    counts = np.bincount(
        interactions.customer_positions[rows], minlength=len(interactions.customer_ids)
    )
    return counts.astype(np.int64)


def _date_cutoffs(interactions: Interactions, test_share: float) -> npt.NDArray[np.int64]:
    """Gives the instant that the last share of the rows starts at, the same for each row."""
    if not len(interactions):
        return np.empty(0, dtype=np.int64)
    ordered = np.sort(interactions.last_at)
    return np.full(len(ordered), ordered[int((1.0 - test_share) * len(ordered))])


def _customer_cutoffs(interactions: Interactions, test_share: float) -> npt.NDArray[np.int64]:
    """Gives each row the instant that its customer's last share of rows starts at."""
    customers = interactions.customer_positions
    order = np.lexsort([interactions.title_positions, interactions.last_at, customers])
    counts = np.bincount(customers, minlength=len(interactions.customer_ids))
    candidates = np.maximum(1, (counts * test_share).astype(np.int64))
    firsts = np.cumsum(counts) - candidates
    never = np.iinfo(np.int64).max
    cutoffs = np.where(counts >= MINIMUM_CUSTOMER_ROWS, interactions.last_at[order[firsts]], never)
    return np.asarray(cutoffs[customers])


_CUTOFFS = {"date": _date_cutoffs, "customer_time": _customer_cutoffs}
