"""Rows to fit on and rows to judge by, for choosing among the points of a grid."""

from dataclasses import dataclass

import numpy as np

from marquee.ml.tabular.features import BoolArray, IntArray
from marquee.ml.tabular.specification import Selection


@dataclass(frozen=True, eq=False)
class Fold:
    """One way to hold rows back.

    Attributes:
        name: fold_1, fold_2, …, or validation.
        is_train: Rows to fit on, shape (rows,).
        is_test: Rows to judge by, shape (rows,).
    """

    name: str
    is_train: BoolArray
    is_test: BoolArray


def selection_folds(
    groups: IntArray, days: IntArray, known_days: IntArray, selection: Selection, seed: int
) -> list[Fold]:
    """Makes the folds of a selection.

    Args:
        groups: Position of each row's customer: rows of one never stand on both sides of a split
            by chance, shape (rows,).
        days: Day of each row, shape (rows,).
        known_days: Day from which its target was known, shape (rows,): a split by time fits only
            on targets that were known when the first held-back row was taken.
        selection: Settings.
        seed: Seed of the splits by chance.

    Returns:
        The folds; those without a row on either side are left out.
    """
    if selection.method == "validation_split" and selection.holdout_by == "time":
        cutoff = np.sort(days)[int((1.0 - selection.holdout_share) * len(days))]
        folds = [Fold("validation", known_days <= cutoff, days >= cutoff)]
        # Too short a time for that: the targets of later days have to do.
        if not folds[0].is_train.any():
            folds = [Fold("validation", days < cutoff, days >= cutoff)]
    elif selection.method == "validation_split":
        shares = _permuted(groups, seed) / (groups.max() + 1)
        is_test = (shares < selection.holdout_share)[groups]
        folds = [Fold("validation", ~is_test, is_test)]
    else:
        numbers = (_permuted(groups, seed) % selection.folds)[groups]
        folds = numbered_folds(numbers)
    return [fold for fold in folds if fold.is_train.any() and fold.is_test.any()]


def numbered_folds(numbers: IntArray) -> list[Fold]:
    """Makes a cross-validation of given folds, numbered from 0, shape (rows,)."""
    return [
        Fold(f"fold_{number + 1}", numbers != number, numbers == number)
        for number in range(int(numbers.max()) + 1)
    ]


def halves(groups: IntArray, seed: int) -> IntArray:
    """Gives each row a half, 0 or 1, by chance and the same for all rows of a customer."""
    return (_permuted(groups, seed) % 2)[groups]


def _permuted(groups: IntArray, seed: int) -> IntArray:
    return np.random.default_rng(seed).permutation(int(groups.max()) + 1)
