"""Recommendations for every customer, with a strategy and a reason for each title."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.decimals import ScaledIntegers, decimal_array
from marquee.ml.dense_index import Positions, dense_index, positions_of
from marquee.ml.one_thread import one_thread
from marquee.ml.recommendation import popularity
from marquee.ml.recommendation.batches import row_batches
from marquee.ml.recommendation.blending import BlendedScorer, content_cosines
from marquee.ml.recommendation.content import content_vectors
from marquee.ml.recommendation.exposure import customer_hashes, expose_new_titles
from marquee.ml.recommendation.group_shares import share_matrix
from marquee.ml.recommendation.interactions import Interactions, index_interactions
from marquee.ml.recommendation.popularity import title_shares
from marquee.ml.recommendation.ranking import (
    SCORE_TYPE,
    layered_keys,
    split_keys,
    stored_scores,
)
from marquee.ml.recommendation.rules import Eligibility, Variety
from marquee.ml.recommendation.scorer import Scorer
from marquee.ml.recommendation.scoring import build_scorer
from marquee.ml.recommendation.specification import RecommenderSpecification

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
# The rungs of the ladder, best first, and what is put in for exposure.
STRATEGIES = ("personal", "segment", "territory", "popular", "new")


@dataclass(frozen=True)
class Catalogue:
    """What is known of titles besides who has them.

    Attributes:
        titles: title_id, series_id, title_type, minimum_age and is_playable; what is on offer.
        licences: title_id and territory_code, as licence_masks reads them.
        genres: title_id and genre_name.
        attributes: Table with the columns of ATTRIBUTE_SCHEMA.
        content_weights: attribute_kind and content_weight.
        newness: title_id and is_new, of titles on offer.
    """

    titles: pa.Table
    licences: pa.Table
    genres: pa.Table
    attributes: pa.Table
    content_weights: pa.Table
    newness: pa.Table


@dataclass(frozen=True)
class Audience:
    """Who gets lists, and what is popular among customers like them.

    Attributes:
        customers: customer_id, country_code and highest_minimum_age, as Eligibility reads them.
        customer_segments: customer_id and segment_id; customers without a row have no segment.
        territories: Table of TERRITORY_SCHEMA, from score_territories.
        segments: Table of SEGMENT_SCHEMA, from score_segments.
    """

    customers: pa.Table
    customer_segments: pa.Table
    territories: pa.Table
    segments: pa.Table


def recommend(
    interactions: pa.Table,
    parameters: pa.Table,
    champion_algorithm: str,
    audience: Audience,
    catalogue: Catalogue,
    specification: RecommenderSpecification,
) -> pa.Table:
    """Recommends titles to customers.

    A list is filled in this order: titles that the champion, or for new titles their contents (see
    blending), scores above 0 (`personal`), titles by the share of customers of the same segment of
    tastes who have them (`segment`) and by that of the same country (`territory`), where these have
    enough customers with history, and titles by the share of all customers (`popular`, down to 0).
    Within a strategy by score, then by title id. If the champion is popularity no title is
    personal. What may stand in a list the module of rules says; the model itself knows nothing of
    that, so its version stays when licences change. Some lists have a new title at a set place
    (`new`, scored by likeness to the history; see exposure).

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        parameters: Table of PARAMETER_SCHEMA that holds the champion's, of one version.
        champion_algorithm: One of RANKING_ALGORITHMS.
        audience: Who gets a list.
        catalogue: What lists are made of.
        specification: Settings that the parameters were fitted with.

    Returns:
        Table of RECOMMENDATION_SCHEMA, sorted by customer and rank: `list_length` rows for each
        customer, fewer only if the rules leave fewer. `because_title_id` is the title of the
        history with the largest term in a personal score.

    Raises:
        ValueError: If a customer is listed twice, the champion is unknown, the interactions are
            not valid, or the tables hold more than one as_of_date.
    """
    require_one_as_of_date(
        interactions=interactions,
        customers=audience.customers,
        customer_segments=audience.customer_segments,
        titles=catalogue.titles,
        licences=catalogue.licences,
        genres=catalogue.genres,
        attributes=catalogue.attributes,
        newness=catalogue.newness,
    )
    customer_ids, _ = dense_index(audience.customers["customer_id"])
    if len(customer_ids) < audience.customers.num_rows:
        raise ValueError(
            f"{audience.customers.num_rows - len(customer_ids)} customers are listed more than "
            "once; pass one row per customer"
        )
    with one_thread():
        maker = _ListMaker(
            index_interactions(interactions),
            parameters,
            champion_algorithm,
            audience,
            catalogue,
            specification,
            customer_ids,
        )
        batches = [
            maker.lists(batch) for batch in row_batches(len(customer_ids), len(maker.title_ids))
        ]
    return _table(batches, customer_ids, maker.title_ids)


_BatchLists = tuple[Positions, ScaledIntegers, Positions, Positions]


class _ListMaker:
    """All that lists are made of, by dense positions; makes them a batch of customers at a time."""

    def __init__(
        self,
        indexed: Interactions,
        parameters: pa.Table,
        champion_algorithm: str,
        audience: Audience,
        catalogue: Catalogue,
        specification: RecommenderSpecification,
        customer_ids: pa.StringArray,
    ) -> None:
        offered = catalogue.titles["title_id"].cast(pa.string())
        title_ids, _ = dense_index(pa.chunked_array([*offered.chunks, indexed.title_ids]))
        customers = audience.customers
        self.title_ids = title_ids
        self._specification = specification
        self._history = _histories(indexed, customer_ids, title_ids)
        self._eligibility = Eligibility(
            catalogue.titles,
            catalogue.licences,
            customers,
            customer_ids,
            title_ids,
            specification.rules,
        )
        self._variety = Variety(catalogue.titles, catalogue.genres, title_ids, specification.rules)
        self._segments = share_matrix(
            audience.segments, audience.customer_segments, customer_ids, title_ids
        )
        self._territories = share_matrix(audience.territories, customers, customer_ids, title_ids)
        places = positions_of(indexed.title_ids, title_ids)
        self._popular = np.zeros((1, len(title_ids)), dtype=np.int64)
        self._popular[0, places] = stored_scores(title_shares(indexed))
        self._vectors = content_vectors(catalogue.attributes, catalogue.content_weights, title_ids)
        self._scorer: Scorer | None = None
        # Its order is the popular strategy's, so popularity has nothing personal to add.
        if champion_algorithm != popularity.NAME:
            self._scorer = BlendedScorer(
                build_scorer(parameters, champion_algorithm, title_ids, specification),
                self._vectors,
                np.bincount(places[indexed.title_positions], minlength=len(title_ids)),
                specification.blend,
            )
        new = catalogue.newness.filter(catalogue.newness["is_new"])["title_id"]
        self._new_titles = np.sort(positions_of(new, title_ids))
        self._hashes = customer_hashes(customer_ids, _day(customers))

    def lists(self, batch: slice) -> _BatchLists:
        """Gives titles, stored scores, strategies, reasons; each of shape (customers, places)."""
        history = self._history[batch]
        excluded = self._eligibility.excluded(batch, history)
        layers = [
            *([] if self._scorer is None else [stored_scores(self._scorer.scores(history))]),
            *(scores[groups[batch]] for scores, groups in (self._segments, self._territories)),
            self._popular,
        ]
        keys = layered_keys(layers, excluded)
        length = self._specification.list_length
        titles, exposed = expose_new_titles(
            self._variety.best_lists(keys, length),
            self._new_titles,
            self._likenesses(history),
            excluded[:, self._new_titles],
            self._hashes[batch],
            self._variety,
            length,
            self._specification.exposure,
        )
        depths, scores = split_keys(
            np.take_along_axis(keys, np.maximum(titles, 0), axis=1), keys.shape[1], len(layers)
        )
        strategies = depths + STRATEGIES.index("popular") + 1 - len(layers)
        rows = np.flatnonzero(exposed >= 0)
        strategies[rows, exposed[rows]] = STRATEGIES.index("new")
        columns = np.searchsorted(self._new_titles, titles[rows, exposed[rows]])
        scores[rows, exposed[rows]] = self._likenesses(history[rows])[np.arange(len(rows)), columns]
        targets = np.where(strategies == 0, titles, -1)
        reasons = (
            np.full_like(titles, -1)
            if self._scorer is None
            else self._scorer.reasons(history, targets)
        )
        return titles, scores, strategies, reasons

    def _likenesses(self, history: sp.csr_matrix) -> ScaledIntegers:
        return stored_scores(content_cosines(history, self._vectors, self._new_titles))


def _histories(
    indexed: Interactions, customer_ids: pa.StringArray, title_ids: pa.StringArray
) -> sp.csr_matrix:
    """Gives interaction weights, shape (customers, titles)."""
    customers = positions_of(indexed.customer_ids, customer_ids)[indexed.customer_positions]
    titles = positions_of(indexed.title_ids, title_ids)[indexed.title_positions]
    served = customers >= 0
    return sp.csr_matrix(
        (indexed.weights[served], (customers[served], titles[served])),
        shape=(len(customer_ids), len(title_ids)),
    )


def _day(customers: pa.Table) -> str:
    """Gives the snapshot day, so that other customers have their turn on the next."""
    days = pc.unique(customers["as_of_date"]) if "as_of_date" in customers.column_names else []
    return str(days[0]) if len(days) else ""


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
            pa.array(STRATEGIES, pa.string()).take(pa.array(strategies[rows])),
            title_ids.take(pa.array(because, mask=because < 0)),
        ],
        schema=RECOMMENDATION_SCHEMA,
    )
