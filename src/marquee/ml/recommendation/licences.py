"""Where titles may be shown: one mask a territory, which all customers of a country share."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.ml.dense_index import Positions, dense_index, positions_of
from marquee.ml.recommendation.interactions import BoolArray

WORLD = "WW"


def licence_masks(
    licences: pa.Table, customers: pa.Table, customer_order: Positions, title_ids: pa.StringArray
) -> tuple[BoolArray, Positions]:
    """Tells which titles may be shown to whom.

    Args:
        licences: title_id and territory_code (WW for the whole world), one row for each territory
            that a title is licensed in; a title without rows may be shown nowhere.
        customers: customer_id, and country_code or null.
        customer_order: Place of each row of `customers` in the order of the ids.
        title_ids: Titles of the columns, sorted.

    Returns:
        Licensed titles, shape (territories + 1, titles), the last row those of the whole world
        alone; and each customer's row, shape (customers,), in the order of the ids. Customers of
        an unknown country, or of one that no licence names, have the last row: what may be shown
        there is known of worldwide licences only.
    """
    codes = licences["territory_code"].cast(pa.string())
    territories, _ = dense_index(codes.filter(pc.not_equal(codes, WORLD)))
    rows = positions_of(codes, territories)
    columns = positions_of(licences["title_id"], title_ids)
    masks = np.zeros((len(territories) + 1, len(title_ids)), dtype=np.bool_)
    # Codes that are no territory have the position -1, and so mark the last row.
    masks[rows[columns >= 0], columns[columns >= 0]] = True
    masks |= masks[-1]
    customer_rows = np.empty(customers.num_rows, dtype=np.int64)
    customer_rows[customer_order] = positions_of(customers["country_code"], territories)
    return masks, customer_rows
