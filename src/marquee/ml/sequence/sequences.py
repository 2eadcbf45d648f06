"""Titles of each customer in the order in which the customer first turned to them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import BoolArray, index_interactions

SEQUENCE_COLUMNS = ("customer_id", "title_id", "first_interacted_at")


@dataclass(frozen=True, eq=False)
class Sequences:
    """One row per customer and title, in the order of customers and, within one, of time.

    Attributes:
        customer_ids: Distinct ids in sorted order, shape (customers,).
        title_ids: Distinct ids in sorted order, shape (titles,).
        customers: Position of each row's customer, shape (rows,).
        titles: Position of each row's title, shape (rows,).
        first_at: First interaction in microseconds since 1970, shape (rows,).
        starts: Row at which each customer begins, and at last the number of rows, shape
            (customers + 1,).
    """

    customer_ids: pa.StringArray
    title_ids: pa.StringArray
    customers: Positions
    titles: Positions
    first_at: npt.NDArray[np.int64]
    starts: Positions

    def __len__(self) -> int:
        return len(self.titles)

    @property
    def places(self) -> Positions:
        """Place of each row in its customer's sequence, from 0, shape (rows,)."""
        return np.arange(len(self)) - self.starts[self.customers]

    def has_history(self) -> BoolArray:
        """Rows that another of the same customer precedes, shape (rows,)."""
        return self.places > 0

    def windows(self, rows: Positions, length: int) -> Positions:
        """Gives the titles up to each of some rows, the row itself last.

        Args:
            rows: Rows to look back from, shape (rows asked,).
            length: Most titles of a window.

        Returns:
            Titles, shape (rows asked, length); -1 on the left where there is nothing before.
        """
        looked_at = rows[:, None] + np.arange(1 - length, 1)
        is_own = looked_at >= self.starts[self.customers[rows]][:, None]
        return np.where(is_own, self.titles[np.maximum(looked_at, 0)], -1)

    def titles_before(self, customers: Positions, rows: Positions) -> tuple[Positions, Positions]:
        """Gives all titles of customers before some of their rows.

        Args:
            customers: Customers, shape (asked,).
            rows: Row of each at which to stop; it is left out, shape (asked,).

        Returns:
            Place among those asked, and title, of each row before, each of shape (rows before,).
        """
        starts = self.starts[customers]
        sizes = rows - starts
        places = np.repeat(np.arange(len(rows)), sizes)
        steps = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return places, self.titles[np.repeat(starts, sizes) + steps]


def index_sequences(interactions: pa.Table) -> Sequences:
    """Puts interactions in order; titles begun at the same instant go by their id.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.

    Raises:
        ValueError: If the interactions are not valid.
    """
    indexed = index_interactions(interactions)
    order = np.lexsort([indexed.title_positions, indexed.first_at, indexed.customer_positions])
    customers = indexed.customer_positions[order]
    starts = np.searchsorted(customers, np.arange(len(indexed.customer_ids) + 1))
    return Sequences(
        indexed.customer_ids,
        indexed.title_ids,
        customers,
        indexed.title_positions[order],
        indexed.first_at[order],
        starts.astype(np.int64),
    )
