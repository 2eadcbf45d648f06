"""What is popular in a country: the share of its customers who have a title."""

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
    require_one_as_of_date(interactions=interactions, customers=customers)
    indexed = index_interactions(interactions)
    customer_ids, customer_order = dense_index(customers["customer_id"])
    country_codes, countries = _countries(customers, customer_order)
    places = positions_of(indexed.customer_ids, customer_ids)
    countries_of = np.where(places >= 0, countries[places], -1) if len(countries) else places
    shape = (len(country_codes), len(indexed.title_ids))
    has_country = countries_of >= 0
    customer_counts = np.bincount(countries_of[has_country], minlength=shape[0])
    entry_countries = countries_of[indexed.customer_positions]
    entries = entry_countries >= 0
    flat = entry_countries[entries] * shape[1] + indexed.title_positions[entries]
    counts = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
    shares = counts / np.maximum(customer_counts, 1)[:, None]
    shares[customer_counts < specification.minimum_territory_customers] = 0.0
    scores = stored_scores(shares)
    rows, columns = np.nonzero(scores)
    return pa.table(
        [
            country_codes.take(pa.array(rows)),
            indexed.title_ids.take(pa.array(columns)),
            decimal_array(scores[rows, columns], SCORE_TYPE),
        ],
        schema=TERRITORY_SCHEMA,
    )


def territory_matrix(
    territories: pa.Table, customers: pa.Table, customer_order: Positions, title_ids: pa.StringArray
) -> tuple[ScaledIntegers, Positions]:
    """Reads the stored scores for the customers who get lists.

    Args:
        territories: Table of TERRITORY_SCHEMA.
        customers: customer_id, and country_code or null.
        customer_order: Place of each row of `customers` in the order of the ids.
        title_ids: Titles of the columns, sorted.

    Returns:
        Stored scores, shape (countries + 1, titles), the last row all 0; and each customer's row,
        shape (customers,), in the order of the ids.
    """
    country_codes, countries = _countries(customers, customer_order)
    scores = np.zeros((len(country_codes) + 1, len(title_ids)), dtype=np.int64)
    rows = positions_of(territories["country_code"].cast(pa.string()), country_codes)
    columns = positions_of(territories["title_id"].cast(pa.string()), title_ids)
    known = (rows >= 0) & (columns >= 0)
    values = scaled_integers(territories["territory_score"], SCORE_TYPE)
    scores[rows[known], columns[known]] = values[known]
    return scores, countries


def _countries(customers: pa.Table, customer_order: Positions) -> tuple[pa.StringArray, Positions]:
    """Gives the countries, sorted, and each customer's, -1 if unknown, in the order of the ids."""
    codes = customers["country_code"].cast(pa.string()).combine_chunks()
    known, _ = dense_index(codes.drop_null())
    countries = np.empty(len(codes), dtype=np.int64)
    countries[customer_order] = positions_of(codes, known)
    return known, countries
