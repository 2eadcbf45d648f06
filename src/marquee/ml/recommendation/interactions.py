"""Interactions in canonical order: sorted by customer and title, with dense positions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from marquee.ml.decimals import scaled_integers
from marquee.ml.dense_index import Positions, dense_index

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

WEIGHT_TYPE = pa.decimal128(12, 4)
RATING_TYPE = pa.decimal128(3, 1)
INTERACTION_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("title_id", pa.string()),
        ("interaction_weight", WEIGHT_TYPE),
        ("rating_value", RATING_TYPE),
        ("first_interacted_at", pa.timestamp("us")),
        ("last_interacted_at", pa.timestamp("us")),
    ]
)


@dataclass(frozen=True, eq=False)
class Interactions:
    """One row per customer and title, sorted by both ids.

    Attributes:
        customer_ids: Distinct ids in sorted order, shape (customers,).
        title_ids: Distinct ids in sorted order, shape (titles,).
        customer_positions: Position of each row's customer, shape (rows,).
        title_positions: Position of each row's title, shape (rows,).
        weights: Interaction weights, above 0, shape (rows,). The defaults of regularization and
            shrinkage suppose that an ordinary interaction weighs about 1.
        ratings: Latest ratings, 0.5 to 5, NaN where there is none, shape (rows,).
        first_at: First interaction in microseconds since 1970, shape (rows,).
        last_at: Last interaction in microseconds since 1970, shape (rows,).
    """

    customer_ids: pa.StringArray
    title_ids: pa.StringArray
    customer_positions: Positions
    title_positions: Positions
    weights: FloatArray
    ratings: FloatArray
    first_at: npt.NDArray[np.int64]
    last_at: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.weights)

    def take(self, rows: BoolArray) -> "Interactions":
        """Keeps some rows, and of the ids only those that still have a row.

        Args:
            rows: Rows to keep, shape (rows,).
        """
        customers, customer_positions = np.unique(
            self.customer_positions[rows], return_inverse=True
        )
        titles, title_positions = np.unique(self.title_positions[rows], return_inverse=True)
        return Interactions(
            customer_ids=self.customer_ids.take(pa.array(customers)),
            title_ids=self.title_ids.take(pa.array(titles)),
            customer_positions=customer_positions,
            title_positions=title_positions,
            weights=self.weights[rows],
            ratings=self.ratings[rows],
            first_at=self.first_at[rows],
            last_at=self.last_at[rows],
        )

    def matrix(self) -> sp.csr_matrix:
        """Gives the weights as a sparse matrix, shape (customers, titles)."""
        return sp.csr_matrix(
            (self.weights, (self.customer_positions, self.title_positions)),
            shape=(len(self.customer_ids), len(self.title_ids)),
        )


def index_interactions(table: pa.Table) -> Interactions:
    """Brings interactions into canonical order.

    Args:
        table: Columns of INTERACTION_SCHEMA (others are ignored), rows and chunks in any order,
            ids as string, large_string or dictionary.

    Returns:
        The same rows, sorted and indexed.

    Raises:
        ValueError: If an id is null, a customer has a title twice, a weight is not above 0 or a
            time is null.
    """
    customer_ids, customer_positions = dense_index(table["customer_id"])
    title_ids, title_positions = dense_index(table["title_id"])
    order = np.lexsort([title_positions, customer_positions])
    customer_positions, title_positions = customer_positions[order], title_positions[order]
    is_repeated = (np.diff(customer_positions) == 0) & (np.diff(title_positions) == 0)
    if is_repeated.any():
        row = int(np.argmax(is_repeated))
        raise ValueError(
            f"customer {customer_ids[customer_positions[row]]} has title "
            f"{title_ids[title_positions[row]]} more than once; aggregate the interactions to one "
            "row per customer and title"
        )
    weights = scaled_integers(table["interaction_weight"], WEIGHT_TYPE)[order]
    if (weights <= 0).any():
        raise ValueError(
            f"{int((weights <= 0).sum())} interaction weights are null or not above 0; leave "
            "out rows without an interaction"
        )
    rating_tenths = scaled_integers(table["rating_value"], RATING_TYPE)[order]
    has_rating = table["rating_value"].is_valid().to_numpy()[order]
    return Interactions(
        customer_ids=customer_ids,
        title_ids=title_ids,
        customer_positions=customer_positions,
        title_positions=title_positions,
        weights=weights / 10.0**WEIGHT_TYPE.scale,
        ratings=np.where(has_rating, rating_tenths / 10.0**RATING_TYPE.scale, np.nan),
        first_at=_microseconds(table["first_interacted_at"], "first_interacted_at")[order],
        last_at=_microseconds(table["last_interacted_at"], "last_interacted_at")[order],
    )


def raised(weights: sp.csr_matrix, exponent: float) -> sp.csr_matrix:
    """Raises the stored weights to a power; 0 makes them all 1 (scipy's own power refuses 0)."""
    result = weights.copy()
    result.data = weights.data**exponent
    return result


def conform(table: pa.Table) -> pa.Table:
    """Selects and casts the columns of INTERACTION_SCHEMA, so that equal rows hash equally."""
    return table.select(INTERACTION_SCHEMA.names).cast(INTERACTION_SCHEMA)


def rated_rows(table: pa.Table) -> pa.Table:
    """Keeps the rows that have a rating."""
    return table.filter(pc.is_valid(table["rating_value"]))


def _microseconds(column: Any, name: str) -> npt.NDArray[np.int64]:
    if column.null_count:
        raise ValueError(f"{column.null_count} values of {name} are null; every row needs a time")
    times = column.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    return np.asarray(times, dtype=np.int64)
