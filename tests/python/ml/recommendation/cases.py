"""Small interactions for tests, and a larger seeded one."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa

from marquee.ml.recommendation import INTERACTION_SCHEMA

# customer, title, weight, rating, first and last interaction in seconds
Row = tuple[str, str, float, float | None, int, int]


def interaction_table(rows: Sequence[Row]) -> pa.Table:
    columns: list[list[object]] = [list(column) for column in zip(*rows, strict=True)] or [[]] * 6
    weights = [Decimal(str(weight)) for weight in columns[2]]
    ratings = [None if rating is None else Decimal(str(rating)) for rating in columns[3]]
    times = [
        # A row mixes types, so its columns have none of their own.
        pa.array([second * 1_000_000 for second in column], pa.int64()).cast(pa.timestamp("us"))  # type: ignore[operator]
        for column in columns[4:]
    ]
    return pa.table([*columns[:2], weights, ratings, *times], schema=INTERACTION_SCHEMA)


def pairs(text: str) -> pa.Table:
    """Reads "1:ab 2:b": customer 1 has titles a and b, customer 2 has b, a second apart each."""
    rows: list[Row] = []
    for part in text.split():
        customer, titles = part.split(":")
        rows += [
            (customer, title, 1.0, None, second, second) for second, title in enumerate(titles)
        ]
    return interaction_table(rows)


def seeded_interactions(customer_count: int = 60, title_count: int = 30, seed: int = 1) -> pa.Table:
    """Two tastes: even customers prefer the first half of the titles, odd ones the second."""
    generator = np.random.default_rng(seed)
    rows: list[Row] = []
    for customer in range(customer_count):
        shares = np.where(np.arange(title_count) < title_count / 2, 0.6, 0.1)
        for title in np.flatnonzero(
            generator.random(title_count) < shares[:: 1 - customer % 2 * 2]
        ):
            first, span = generator.integers(0, 1000, 2).tolist()
            rating = round(float(generator.integers(1, 11)) / 2, 1)
            rows.append(
                (
                    f"c{customer}",
                    f"t{title}",
                    round(0.5 + float(generator.random()), 4),
                    None if generator.random() < 0.2 else rating,
                    first,
                    first + span // 10,
                )
            )
    return interaction_table(rows)


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    """Gives the same rows in another order, in two chunks, with ids of other string types."""
    order = np.random.default_rng(seed).permutation(table.num_rows)
    moved = table.take(pa.array(order))
    for place, kind in ((0, pa.dictionary(pa.int32(), pa.string())), (1, pa.large_string())):
        moved = moved.set_column(place, moved.field(place).name, moved.column(place).cast(kind))
    half = moved.num_rows // 2
    return pa.concat_tables([moved[half:], moved[:half]]) if half else moved
