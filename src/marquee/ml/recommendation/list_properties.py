"""What lists are like, whoever hits: known to everybody, surprising, varied."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from marquee.ml.dense_index import Positions, dense_index, positions_of
from marquee.ml.recommendation.interactions import FloatArray


class ListProperties:
    """Popularity, novelty and diversity of lists.

    The popularity of a title is its percentile: the share of titles that fewer customers have,
    those of as many counted by half; so lists drawn by lot have 0.5. Novelty is the mean
    self-information -log2(share of customers who have the title), in bits. Diversity is 1 less the
    mean cosine of the genres of two titles (Castells, Hurley and Vargas 2015,
    doi:10.1007/978-1-4899-7637-6_26).
    """

    def __init__(
        self,
        customer_counts: Positions,
        customer_total: int,
        title_genres: pa.Table | None,
        title_ids: pa.StringArray,
    ) -> None:
        """Measures the titles.

        Args:
            customer_counts: Customers who have each title, above 0, shape (titles,).
            customer_total: Customers with any title.
            title_genres: title_id and genre_name; None if genres are not known at all.
            title_ids: The titles, sorted.
        """
        ordered = np.sort(customer_counts)
        below = np.searchsorted(ordered, customer_counts, side="left")
        up_to = np.searchsorted(ordered, customer_counts, side="right")
        self._percentiles = (below + up_to) / (2 * max(1, len(ordered)))
        self._information = -np.log2(customer_counts / max(1, customer_total))
        self._genres = None if title_genres is None else _unit_genres(title_genres, title_ids)

    def names(self, cutoffs: Sequence[int]) -> list[str]:
        """Names what `measure` gives, column by column; diversity only where genres are known."""
        properties = ["popularity_percentile", "novelty"]
        if self._genres is not None:
            properties.append("diversity")
        return [f"{name}_at_{cutoff}" for cutoff in cutoffs for name in properties]

    def measure(self, lists: Positions, cutoffs: Sequence[int]) -> FloatArray:
        """Measures lists.

        Args:
            lists: Titles, -1 behind the last, shape (customers, places).
            cutoffs: Lengths of list.

        Returns:
            Means over the titles of each list, shape (customers, names); 0 for an empty list, and
            0 as diversity of a single title.
        """
        columns = []
        for cutoff in cutoffs:
            titles = lists[:, :cutoff]
            listed = titles >= 0
            counts = listed.sum(axis=1)
            for values in (self._percentiles, self._information):
                columns.append((values[titles] * listed).sum(axis=1) / np.maximum(counts, 1))
            if self._genres is not None:
                vectors = self._genres[titles] * listed[:, :, None]
                # The square of a sum of vectors holds each pair twice, and each with itself once.
                squares = (vectors.sum(axis=1) ** 2).sum(axis=1) - (vectors**2).sum(axis=(1, 2))
                pairs = counts * (counts - 1)
                columns.append(np.where(pairs > 0, 1 - squares / np.maximum(pairs, 1), 0.0))
        return np.stack(columns, axis=1)


def _unit_genres(title_genres: pa.Table, title_ids: pa.StringArray) -> FloatArray:
    """Gives genres of each title, rows of length 1, or 0 where it has none: (titles, genres)."""
    names, genres = dense_index(title_genres["genre_name"])
    titles = positions_of(title_genres["title_id"], title_ids)
    matrix = np.zeros((len(title_ids), len(names)))
    matrix[titles[titles >= 0], genres[titles >= 0]] = 1.0
    return np.asarray(matrix / np.sqrt(np.maximum(matrix.sum(axis=1, keepdims=True), 1.0)))
