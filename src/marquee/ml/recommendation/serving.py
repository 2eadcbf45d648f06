"""Recommendations for every customer, with a strategy and a reason for each title."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.decimals import ScaledIntegers, decimal_array
from marquee.ml.dense_index import Positions, dense_index, positions_of
from marquee.ml.recommendation import popularity
from marquee.ml.recommendation.interactions import BoolArray, index_interactions
from marquee.ml.recommendation.licences import licence_masks
from marquee.ml.recommendation.popularity import title_shares
from marquee.ml.recommendation.ranking import (
    SCORE_TYPE,
    layered_keys,
    split_keys,
    stored_scores,
    top_positions,
)
from marquee.ml.recommendation.scoring import Scorer, build_scorer, customer_batches
from marquee.ml.recommendation.specification import RecommenderSpecification
from marquee.ml.recommendation.territory import territory_matrix

RECOMMENDATION_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("recommendation_rank", pa.int32()),
        ("title_id", pa.string()),
        ("score", SCORE_TYPE),
        ("strategy", pa.string()),
        ("because_title_id", pa.string()),
    ]
)
_STRATEGIES = ("personal", "territory", "popular")


def recommend(
    interactions: pa.Table,
    parameters: pa.Table,
    champion_algorithm: str,
    customers: pa.Table,
    titles: pa.Table,
    licences: pa.Table,
    territories: pa.Table,
    specification: RecommenderSpecification,
) -> pa.Table:
    """Recommends titles that a customer has no interaction with.

    A list is filled in this order: titles that the champion scores above 0 (`personal`), titles
    by the share of customers in the same country who have them (`territory`, where the country
    has enough customers with history), and titles by the share of all customers (`popular`,
    down to 0). Within a strategy by score, then by title id. If the champion is popularity no
    title is personal. Titles that are not playable or not licensed in the customer's country are in
    nobody's list, whatever the strategy; the model itself knows nothing of that, so its version
    stays when licences change.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        parameters: Table of PARAMETER_SCHEMA that holds the champion's, of one version.
        champion_algorithm: One of RANKING_ALGORITHMS.
        customers: customer_id, and country_code or null; who gets a list.
        titles: title_id and is_playable; what is on offer. All but False may be recommended.
        licences: title_id and territory_code, as licence_masks reads them.
        territories: Table of TERRITORY_SCHEMA, from score_territories.
        specification: Settings that the parameters were fitted with.

    Returns:
        Table of RECOMMENDATION_SCHEMA, sorted by customer and rank: `list_length` rows for each
        customer, fewer only if fewer licensed titles are left. `because_title_id` is the title of
        the history with the largest term in a personal score.

    Raises:
        ValueError: If a customer is listed twice, the champion is unknown, the interactions are
            not valid, or the tables hold more than one as_of_date.
    """
    require_one_as_of_date(
        interactions=interactions, customers=customers, titles=titles, licences=licences
    )
    indexed = index_interactions(interactions)
    customer_ids, customer_order = dense_index(customers["customer_id"])
    if len(customer_ids) < customers.num_rows:
        raise ValueError(
            f"{customers.num_rows - len(customer_ids)} customers are listed more than once; pass "
            "one row per customer"
        )
    is_playable = pc.fill_null(titles["is_playable"], True)
    offered = titles.filter(is_playable)["title_id"].cast(pa.string())
    title_ids, _ = dense_index(pa.chunked_array([*offered.chunks, indexed.title_ids]))
    is_offered = np.zeros(len(title_ids), dtype=np.bool_)
    is_offered[positions_of(offered, title_ids)] = True

    places = positions_of(indexed.customer_ids, customer_ids)[indexed.customer_positions]
    title_positions = positions_of(indexed.title_ids, title_ids)
    served = places >= 0
    history = sp.csr_matrix(
        (
            indexed.weights[served],
            (places[served], title_positions[indexed.title_positions[served]]),
        ),
        shape=(len(customer_ids), len(title_ids)),
    )
    popular = np.zeros(len(title_ids), dtype=np.int64)
    popular[title_positions] = stored_scores(title_shares(indexed))
    territory, countries = territory_matrix(territories, customers, customer_order, title_ids)
    licensed, licence_rows = licence_masks(licences, customers, customer_order, title_ids)
    is_excluded = ~(licensed & is_offered)
    with threadpool_limits(1):
        # Its order is the popular strategy's, so popularity has nothing personal to add.
        scorer = (
            None
            if champion_algorithm == popularity.NAME
            else build_scorer(parameters, champion_algorithm, title_ids, specification)
        )
        batches = [
            _batch_lists(
                history[batch],
                scorer,
                [territory[countries[batch]], popular[None, :]],
                is_excluded[licence_rows[batch]],
                specification.list_length,
            )
            for batch in customer_batches(len(customer_ids), len(title_ids))
        ]
    return _table(batches, customer_ids, title_ids)


_BatchLists = tuple[Positions, ScaledIntegers, Positions, Positions]


def _batch_lists(
    history: sp.csr_matrix,
    scorer: Scorer | None,
    fallbacks: list[ScaledIntegers],
    excluded: BoolArray,
    list_length: int,
) -> _BatchLists:
    """Gives titles, stored scores, strategies and reasons, each of shape (customers, list length).

    Args:
        history: Interaction weights, shape (customers, titles).
        scorer: The champion's, None if nothing is personal.
        fallbacks: Stored scores of the other strategies, broadcast to (customers, titles).
        excluded: Titles that may not be shown, shape (customers, titles); seen ones are added.
        list_length: Most titles for each customer.
    """
    excluded[np.repeat(np.arange(history.shape[0]), np.diff(history.indptr)), history.indices] = (
        True
    )
    layers = fallbacks if scorer is None else [stored_scores(scorer.scores(history)), *fallbacks]
    keys = layered_keys(layers, excluded)
    titles = top_positions(keys, list_length)
    depths, scores = split_keys(
        np.take_along_axis(keys, np.maximum(titles, 0), axis=1), history.shape[1], len(layers)
    )
    strategies = depths + len(_STRATEGIES) - len(layers)
    targets = np.where(strategies == 0, titles, -1)
    reasons = np.full_like(titles, -1) if scorer is None else scorer.reasons(history, targets)
    return titles, scores, strategies, reasons


def _table(
    batches: list[_BatchLists], customer_ids: pa.StringArray, title_ids: pa.StringArray
) -> pa.Table:
    if not batches:
        return RECOMMENDATION_SCHEMA.empty_table()
    titles, scores, strategies, reasons = (
        np.concatenate(arrays) for arrays in zip(*batches, strict=True)
    )
    customers, ranks = np.nonzero(titles >= 0)
    rows = (customers, ranks)
    because = reasons[rows]
    return pa.table(
        [
            customer_ids.take(pa.array(customers)),
            pa.array(ranks + 1, pa.int32()),
            title_ids.take(pa.array(titles[rows])),
            decimal_array(scores[rows], SCORE_TYPE),
            pa.array(_STRATEGIES, pa.string()).take(pa.array(strategies[rows])),
            title_ids.take(pa.array(because, mask=because < 0)),
        ],
        schema=RECOMMENDATION_SCHEMA,
    )
