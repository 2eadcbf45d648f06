"""What is popular in a group of customers: the share of them who have a title."""

import numpy as np
import pyarrow as pa

from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.decimals import ScaledIntegers, decimal_array, scaled_integers
from marquee.ml.dense_index import Positions, dense_index, positions_of
from marquee.ml.recommendation.interactions import index_interactions
from marquee.ml.recommendation.ranking import SCORE_TYPE, stored_scores
from marquee.ml.recommendation.specification import RecommenderSpecification

TERRITORY_SCHEMA = pa.schema(
    [("country_code", pa.string()), ("title_id", pa.string()), ("territory_score", SCORE_TYPE)]
)
SEGMENT_SCHEMA = pa.schema(
    [("segment_id", pa.int64()), ("title_id", pa.string()), ("segment_score", SCORE_TYPE)]
)


def score_territories(
    interactions: pa.Table, customers: pa.Table, specification: RecommenderSpecification
) -> pa.Table:
    """Counts titles by country.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        customers: customer_id, and country_code or null; one row a customer.
        specification: Says how many customers with history a country needs.

    Returns:
        Table of TERRITORY_SCHEMA, sorted by country and title: shares above 0, for the countries
        with enough customers. Customers without a country count nowhere.

    Raises:
        ValueError: If the interactions are not valid, or the tables hold more than one as_of_date.
    """
    return _shares(
        interactions, customers, TERRITORY_SCHEMA, specification.minimum_territory_customers
    )


def score_segments(
    interactions: pa.Table, customer_segments: pa.Table, specification: RecommenderSpecification
) -> pa.Table:
    """Counts titles by segment of tastes.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        customer_segments: customer_id, and segment_id or null; one row a customer.
        specification: Says how many customers with history a segment needs.

    Returns:
        Table of SEGMENT_SCHEMA, as score_territories gives its own.

    Raises:
        ValueError: As score_territories.
    """
    return _shares(
        interactions, customer_segments, SEGMENT_SCHEMA, specification.minimum_segment_customers
    )


def share_matrix(
    shares: pa.Table, members: pa.Table, customer_ids: pa.StringArray, title_ids: pa.StringArray
) -> tuple[ScaledIntegers, Positions]:
    """Reads the stored scores for the customers who get lists.

    Args:
        shares: Table of TERRITORY_SCHEMA or SEGMENT_SCHEMA.
        members: customer_id, and the group or null, in a column called as that of the shares.
        customer_ids: Customers, sorted; those who are no members have no group.
        title_ids: Titles of the columns, sorted.

    Returns:
        Stored scores, shape (groups + 1, titles), the last row all 0; and each customer's row,
        shape (customers,).
    """
    group_name, _, score_name = shares.column_names
    group_ids, groups = _groups(members, group_name, customer_ids)
    scores = np.zeros((len(group_ids) + 1, len(title_ids)), dtype=np.int64)
    rows = positions_of(shares[group_name], group_ids)
    columns = positions_of(shares["title_id"], title_ids)
    known = (rows >= 0) & (columns >= 0)
    values = scaled_integers(shares[score_name], SCORE_TYPE)
    scores[rows[known], columns[known]] = values[known]
    return scores, groups


def _shares(
    interactions: pa.Table, members: pa.Table, schema: pa.Schema, minimum_customers: int
) -> pa.Table:
    require_one_as_of_date(interactions=interactions, members=members)
    indexed = index_interactions(interactions)
    group_ids, groups = _groups(members, schema.names[0], indexed.customer_ids)
    shape = (len(group_ids), len(indexed.title_ids))
    customer_counts = np.bincount(groups[groups >= 0], minlength=shape[0])
    entry_groups = groups[indexed.customer_positions]
    entries = entry_groups >= 0
    flat = entry_groups[entries] * shape[1] + indexed.title_positions[entries]
    counts = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
    shares = counts / np.maximum(customer_counts, 1)[:, None]
    shares[customer_counts < minimum_customers] = 0.0
    scores = stored_scores(shares)
    rows, columns = np.nonzero(scores)
    return pa.table(
        [
            group_ids.take(pa.array(rows)).cast(schema.types[0]),
            indexed.title_ids.take(pa.array(columns)),
            decimal_array(scores[rows, columns], SCORE_TYPE),
        ],
        schema=schema,
    )


def _groups(
    members: pa.Table, group_name: str, customer_ids: pa.StringArray
) -> tuple[pa.StringArray, Positions]:
    """Gives the groups, sorted, and each customer's, -1 if unknown."""
    names = members[group_name].cast(pa.string()).combine_chunks()
    group_ids, _ = dense_index(names.drop_null())
    groups = np.full(len(customer_ids), -1)
    places = positions_of(members["customer_id"], customer_ids)
    groups[places[places >= 0]] = positions_of(names, group_ids)[places >= 0]
    return group_ids, groups
