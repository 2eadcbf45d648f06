"""Tastes of customers as a matrix of whole numbers, so that distances are exact."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.dense_index import dense_index

Integers = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

GENRE = "genre:"
# Weights are thousandths. With values of at most 1,000,000 units no sum of weighted products of a
# hundred features leaves 64 bits.
GENRE_WEIGHT = 1_000
HIGHEST_WEIGHT = 20_000
_UNIT = 1e-6


@dataclass(frozen=True, eq=False)
class Tastes:
    """Customers, in the order of their ids, by features, in the order of their names.

    Attributes:
        customer_ids: Ids, shape (customers,).
        features: Names, shape (features,); those of genres begin with ``genre:``.
        units: Values in units, 0 where a customer has no row, shape (customers, features).
        play_counts: Plays that are known, shape (customers,).
        as_of_date: The snapshot day; None without customers.
    """

    customer_ids: tuple[str, ...]
    features: tuple[str, ...]
    units: Integers
    play_counts: Integers
    as_of_date: dt.date | None

    def __len__(self) -> int:
        return len(self.customer_ids)

    def of_plays(self, minimum: int) -> "Tastes":
        """Gives the customers with at least so many plays."""
        chosen = np.flatnonzero(self.play_counts >= minimum)
        return Tastes(
            tuple(self.customer_ids[position] for position in chosen.tolist()),
            self.features,
            self.units[chosen],
            self.play_counts[chosen],
            self.as_of_date,
        )

    def aligned(self, features: Sequence[str]) -> Integers:
        """Gives the units of the features that a version knows, shape (customers, features)."""
        own = {name: place for place, name in enumerate(self.features)}
        found = np.zeros((len(self), len(features)), dtype=np.int64)
        for place, name in enumerate(features):
            if name in own:
                found[:, place] = self.units[:, own[name]]
        return found


def read_tastes(table: pa.Table) -> Tastes:
    """Reads tastes, rows in any order.

    Args:
        table: customer_id, taste_feature, as_of_date (one and the same), known_play_count and
            feature_units; one row per customer and feature.

    Raises:
        ValueError: If there are several snapshot days.
    """
    days = pc.unique(table["as_of_date"]).to_pylist()
    if len(days) > 1:
        raise ValueError(f"tastes are of one snapshot day, not of {sorted(days)}")
    customer_ids, rows = dense_index(table["customer_id"])
    features, columns = dense_index(table["taste_feature"])
    units = np.zeros((len(customer_ids), len(features)), dtype=np.int64)
    units[rows, columns] = table["feature_units"].cast(pa.int64()).to_numpy()
    play_counts = np.zeros(len(customer_ids), dtype=np.int64)
    play_counts[rows] = table["known_play_count"].cast(pa.int64()).to_numpy()
    return Tastes(
        tuple(customer_ids.to_pylist()),
        tuple(features.to_pylist()),
        units,
        play_counts,
        days[0] if days else None,
    )


def feature_weights(tastes: Tastes, engagement_share: float) -> Integers:
    """Weighs the squares of differences, in thousandths.

    Each genre has the same part of the variance of all genres, or else the genres that everybody
    watches would hide those that set a small segment apart. All other features together get their
    share of the variance of all features, in equal parts. What does not vary gets 0.

    Args:
        tastes: The customers that segments are made of.
        engagement_share: Share of the other features in the variance of all.

    Returns:
        Weights, shape (features,), from 0 to 20,000.
    """
    if not len(tastes):
        return np.zeros(len(tastes.features), dtype=np.int64)
    variances = tastes.units.astype(np.float64).var(axis=0)
    is_genre = np.array([name.startswith(GENRE) for name in tastes.features], dtype=bool)
    weights = np.zeros(len(tastes.features), dtype=np.int64)
    of_genres = GENRE_WEIGHT * variances[is_genre].sum()
    of_others = of_genres * engagement_share / (1 - engagement_share)
    for is_one, wanted in ((is_genre, of_genres), (~is_genre, of_others)):
        varying = np.flatnonzero(is_one & (variances > 0))
        if len(varying):
            found = np.rint(wanted / len(varying) / variances[varying])
            weights[varying] = np.minimum(found, HIGHEST_WEIGHT)
    return weights


def as_points(units: Integers, weights: Integers) -> FloatArray:
    """Gives points whose plain distances are the weighted ones, shape (customers, features)."""
    points: FloatArray = units * (np.sqrt(weights / GENRE_WEIGHT) * _UNIT)
    return points


def training_rows(tastes: Tastes) -> pa.Table:
    """Gives what is learned from as a table, to make a fingerprint of."""
    columns: Mapping[str, pa.Array] = {
        name: pa.array(tastes.units[:, place]) for place, name in enumerate(tastes.features)
    }
    return pa.table({"customer_id": pa.array(tastes.customer_ids, pa.string()), **columns})
