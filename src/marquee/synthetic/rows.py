"""Tables as columns of NumPy arrays, and how their rows are drawn and put in order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.signedinteger]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """Columns of equal length; row i is the i-th value of each."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, rows: Integers | Booleans | slice) -> Self:
        """Return the given rows, in that order."""
        return type(self)(**{
            column.name: getattr(self, column.name)[rows] for column in fields(self)
        })  # fmt: skip

    def followed_by(self, *others: Self) -> Self:
        """Return the rows of all, in the types of this one."""
        return type(self)(**{
            column.name: np.concatenate(
                [getattr(each, column.name) for each in (self, *others)],
                dtype=getattr(self, column.name).dtype,
                casting="unsafe",
            )
            for column in fields(self)
        })  # fmt: skip

    def until(self, end_us: int, time: str) -> Self:
        """Return the rows whose column `time` is before `end_us`, in order of that column."""
        order = np.argsort(getattr(self, time), kind="stable")
        return self.take(order[: np.searchsorted(getattr(self, time)[order], end_us)])


def draw(random: np.random.Generator, shares: Collection[float], count: int) -> Integers:
    """Return `count` indices drawn with the given shares, which add up to 1."""
    edges = np.cumsum(np.fromiter(shares, float))[:-1]
    return np.searchsorted(edges, random.random(count), side="right")


def draw_from_rows(random: np.random.Generator, shares: Floats, rows: Integers) -> Integers:
    """Return a column for each of `rows`, drawn with the shares of that row.

    Args:
        random: Stream to draw from.
        shares: Rows by columns; each row is scaled to add up to 1.
        rows: Which row each draw is from.

    Returns:
        Columns, as many as `rows`.
    """
    cumulative = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    # Row r covers [r, r + 1): one sorted array, one search for all.
    edges = (cumulative + np.arange(len(cumulative))[:, None]).ravel()
    column = np.searchsorted(edges, rows + random.random(len(rows)), side="right")
    chosen: Integers = np.clip(column - rows * shares.shape[1], 0, shares.shape[1] - 1)
    return chosen


def places_within(counts: Integers) -> Integers:
    """Return 0, 1, ... anew for each group of so many rows."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - counts, counts)


def occurrences(keys: Integers) -> Integers:
    """Return how many rows before each have the same key."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(keys)])
    counts = np.diff(np.concatenate([starts, [len(keys)]]))
    found = np.empty(len(keys), np.int64)
    found[order] = places_within(counts)
    return found


def scrambled(numbers: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """Map numbers one to one onto 64 bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    offset = np.random.SeedSequence(seed).generate_state(1, np.uint64)
    mixed = (numbers + offset) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: npt.NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return result
