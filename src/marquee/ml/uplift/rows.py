"""Offers and snapshots as what effects are learned from."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.churn.rows import KEYS, TARGET
from marquee.ml.dense_index import dense_index, positions_of
from marquee.ml.tabular.features import Features, FloatArray, IntArray, read_features
from marquee.ml.uplift.effects import Offers

_GENRE = "genre="


def judged_offers(offers: pa.Table) -> pa.Table:
    """Picks the offers that can teach something, sorted by id.

    Args:
        offers: Rows of label_retention_offers: offer_id, customer_id, as_of_date,
            treatment_probability, is_treated and is_churned, the last null where nobody knows yet.

    Returns:
        Those with an outcome, a snapshot day before them, and a chance of both groups.
    """
    share = offers["treatment_probability"].cast(pa.float64(), safe=False)
    is_chance = pc.and_(pc.greater(share, 0.0), pc.less(share, 1.0))
    is_known = pc.and_(offers[TARGET].is_valid(), offers["as_of_date"].is_valid())
    return offers.filter(pc.and_(is_known, is_chance)).sort_by("offer_id")


def with_snapshots(rows: pa.Table, snapshots: pa.Table) -> pa.Table:
    """Adds the features of customers on the days of rows; rows without a snapshot are left out.

    Args:
        rows: Rows with customer_id and as_of_date, and first an id that tells them apart.
        snapshots: One row per customer_id and as_of_date.

    Returns:
        The columns of both, sorted by the id.
    """
    own = _plain(rows)
    joined = own.join(_plain(snapshots), list(KEYS), join_type="inner")
    names = [*own.column_names, *(n for n in snapshots.column_names if n not in KEYS)]
    return joined.select(names).sort_by(own.column_names[0])


def read_effect_features(
    rows: pa.Table, genre_shares: pa.Table, names: Sequence[str], genres: Sequence[str]
) -> Features:
    """Reads what the effect of an offer may depend on.

    Args:
        rows: Rows with customer_id, as_of_date and the named columns.
        genre_shares: customer_id, genre_name, as_of_date and genre_share_rate.
        names: Columns to read.
        genres: Genres to read: the root of each one's share in what was watched, so that rare
            genres count as much as common ones (Hellinger), 0 where nothing was.
    """
    features = read_features(rows, [name for name in names if name in rows.column_names])
    tastes = _tastes(rows, genre_shares, genres)
    own = {f"{_GENRE}{genre}": tastes[:, column] for column, genre in enumerate(genres)}
    return Features(rows.num_rows, features.numbers | own, features.categories)


def known_genres(genre_shares: pa.Table) -> list[str]:
    """Names all genres in sorted order."""
    return sorted(pc.unique(genre_shares["genre_name"].cast(pa.string())).to_pylist())


def read_offers(rows: pa.Table, features: Features, risk_log_odds: FloatArray) -> Offers:
    """Puts together what effects are learned from.

    Args:
        rows: What `with_snapshots` gives for `judged_offers`.
        features: What the effect may depend on, of these rows.
        risk_log_odds: Log-odds of leaving, shape (rows,).
    """
    return Offers(
        features,
        risk_log_odds,
        rows["is_treated"].to_numpy().astype(bool),
        rows["treatment_probability"].cast(pa.float64(), safe=False).to_numpy(),
        rows[TARGET].to_numpy().astype(np.float64),
        dense_index(rows["customer_id"])[1] if rows.num_rows else np.zeros(0, dtype=np.int64),
    )


def customer_positions(first: pa.Table, second: pa.Table) -> tuple[IntArray, IntArray]:
    """Gives the positions of the customers of two tables in the sorted ids of both."""
    both = pa.chunked_array(
        [*_plain(first)["customer_id"].chunks, *_plain(second)["customer_id"].chunks], pa.string()
    )
    positions = dense_index(both)[1]
    return positions[: first.num_rows], positions[first.num_rows :]


def _tastes(rows: pa.Table, genre_shares: pa.Table, genres: Sequence[str]) -> FloatArray:
    customer_ids, customers = dense_index(rows["customer_id"])
    known = positions_of(genre_shares["customer_id"], customer_ids)
    columns = positions_of(genre_shares["genre_name"], pa.array(genres, pa.string()))
    roots = np.sqrt(genre_shares["genre_share_rate"].cast(pa.float64(), safe=False).to_numpy())
    is_own = (known >= 0) & (columns >= 0)
    days, of_shares = _days(rows), _days(genre_shares)
    found = np.zeros((rows.num_rows, len(genres)))
    for day in np.unique(days):
        own, today = is_own & (of_shares == day), days == day
        of_day = np.zeros((len(customer_ids), len(genres)))
        of_day[known[own], columns[own]] = roots[own]
        found[today] = of_day[customers[today]]
    return found


def _days(table: pa.Table) -> IntArray:
    days = table["as_of_date"].cast(pa.date32()).cast(pa.int32())
    return np.asarray(days.to_numpy(), dtype=np.int64)


def _plain(table: pa.Table) -> pa.Table:
    for name, kind in (("customer_id", pa.string()), ("as_of_date", pa.date32())):
        table = table.set_column(table.column_names.index(name), name, table[name].cast(kind))
    return table
