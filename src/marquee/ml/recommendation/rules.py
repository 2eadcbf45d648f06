"""Which titles may stand in a list, whatever scored them; all rules of lists are here.

A title that must not be shown is in nobody's list: it is no longer on offer, it cannot be played,
it has no licence in the customer's country, it is for older people, or the customer knows it
already (unless it is of a kind that is turned to again and again). Of what may be shown a list
takes the best, but each series once, and not too many of one genre.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from marquee.ml.decimals import ScaledIntegers
from marquee.ml.dense_index import Positions, dense_index, positions_of
from marquee.ml.recommendation.interactions import BoolArray
from marquee.ml.recommendation.licences import licence_masks
from marquee.ml.recommendation.ranking import top_positions

# Candidates that are looked at for each place of a list before all are.
_CANDIDATES_A_PLACE = 8


@dataclass(frozen=True)
class RuleConfig:
    """Settings of the rules.

    Attributes:
        rewatchable_types: Types of titles that are recommended to those who know them already.
        maximum_per_genre: Titles of one genre in a list, as long as there are others.
        unrated_minimum_age: Age that titles count for which nobody has rated.
    """

    rewatchable_types: tuple[str, ...] = ()
    maximum_per_genre: int = field(default=12, metadata={"minimum": 1})
    unrated_minimum_age: int = field(default=18, metadata={"minimum": 0})


class Eligibility:
    """What each customer may be shown."""

    def __init__(
        self,
        titles: pa.Table,
        licences: pa.Table,
        customers: pa.Table,
        customer_ids: pa.StringArray,
        title_ids: pa.StringArray,
        config: RuleConfig,
    ) -> None:
        """Reads what is on offer, and where and for whom.

        Args:
            titles: title_id, title_type, minimum_age and is_playable (all but False may be shown);
                what is on offer.
            licences: title_id and territory_code, as licence_masks reads them.
            customers: customer_id, country_code and highest_minimum_age, each but the first may be
                null; without an age everything may be shown.
            customer_ids: The ids of `customers`, sorted.
            title_ids: Titles of histories and of lists, sorted.
            config: Settings.
        """
        places = positions_of(titles["title_id"], title_ids)
        is_offered = np.zeros(len(title_ids), dtype=np.bool_)
        is_offered[places] = pc.fill_null(titles["is_playable"], True).to_numpy()
        self._minimum_ages = np.zeros(len(title_ids), dtype=np.int64)
        self._minimum_ages[places] = pc.fill_null(
            titles["minimum_age"].cast(pa.int64()), config.unrated_minimum_age
        ).to_numpy()
        self._is_rewatchable = np.zeros(len(title_ids), dtype=np.bool_)
        self._is_rewatchable[places] = pc.is_in(
            titles["title_type"].cast(pa.string()),
            value_set=pa.array(config.rewatchable_types, pa.string()),
        ).to_numpy()
        order = positions_of(customers["customer_id"], customer_ids)
        licensed, self._licence_rows = licence_masks(licences, customers, order, title_ids)
        self._is_shown = licensed & is_offered
        self._ages = np.empty(len(order), dtype=np.int64)
        self._ages[order] = pc.fill_null(
            customers["highest_minimum_age"].cast(pa.int64()), np.iinfo(np.int64).max
        ).to_numpy()

    def excluded(self, batch: slice, history: sp.csr_matrix) -> BoolArray:
        """Tells what customers may not be shown.

        Args:
            batch: Which customers.
            history: Their interaction weights, shape (customers, titles).

        Returns:
            Titles that must not be in a list, shape (customers, titles).
        """
        excluded = ~self._is_shown[self._licence_rows[batch]]
        excluded |= self._minimum_ages > self._ages[batch][:, None]
        customers = np.repeat(np.arange(history.shape[0]), np.diff(history.indptr))
        is_known = ~self._is_rewatchable[history.indices]
        excluded[customers[is_known], history.indices[is_known]] = True
        return excluded


class Variety:
    """Keeps a list from being all of a series, or of a genre."""

    def __init__(
        self,
        titles: pa.Table,
        title_genres: pa.Table,
        title_ids: pa.StringArray,
        config: RuleConfig,
    ) -> None:
        """Reads series and genres.

        Args:
            titles: title_id, and series_id or null.
            title_genres: title_id and genre_name.
            title_ids: Titles of lists, sorted.
            config: Settings.
        """
        own = title_ids.take(pa.array(positions_of(titles["title_id"], title_ids)))
        series = pc.coalesce(titles["series_id"].cast(pa.string()).combine_chunks(), own)
        # A title that is not on offer is in no list: any number does.
        self._series = np.zeros(len(title_ids), dtype=np.int64)
        self._series[positions_of(own, title_ids)] = dense_index(series)[1]
        genre_names, genres = dense_index(title_genres["genre_name"])
        places = positions_of(title_genres["title_id"], title_ids)
        self._genres = np.zeros((len(title_ids), len(genre_names)), dtype=np.bool_)
        self._genres[places[places >= 0], genres[places >= 0]] = True
        self._limit = config.maximum_per_genre

    def best_lists(self, keys: ScaledIntegers, length: int) -> Positions:
        """Picks the best titles of each customer under the rules.

        Where all but titles of full genres are used up these fill the list: a short list would be
        the worse one. A series never comes twice.

        Args:
            keys: Larger is better, distinct within a row, -1 for titles that must not be shown,
                shape (customers, titles).
            length: Titles in a list.

        Returns:
            Titles, best first, shape (customers, min(length, titles)); -1 where none is left.
        """
        length = min(length, keys.shape[1])
        found = self._picked(keys, length, length * _CANDIDATES_A_PLACE)
        is_short = (found < 0).any(axis=1)
        if is_short.any():
            found[is_short] = self._picked(keys[is_short], length, keys.shape[1])
        found_keys = np.where(
            found >= 0, np.take_along_axis(keys, np.maximum(found, 0), axis=1), -1
        )
        order = np.argsort(-found_keys, axis=1, kind="stable")
        return np.take_along_axis(found, order, axis=1)

    def allowed_beside(self, lists: Positions, titles: Positions) -> BoolArray:
        """Tells which titles could be added to lists.

        Args:
            lists: Titles, -1 for none, shape (customers, places).
            titles: Titles that might be added, shape (titles,).

        Returns:
            Whether neither series nor genres are used up, shape (customers, titles).
        """
        listed = np.where(lists >= 0, self._series[lists], -1)
        is_full = self._genre_counts(lists) >= self._limit
        crowded = (is_full.astype(np.int64) @ self._genres[titles].T.astype(np.int64)) > 0
        allowed = ~crowded
        for place in range(lists.shape[1]):
            allowed &= listed[:, place][:, None] != self._series[titles]
        return allowed

    def _genre_counts(self, lists: Positions) -> Positions:
        counts = np.zeros((len(lists), self._genres.shape[1]), dtype=np.int64)
        for place in range(lists.shape[1]):
            counts += self._genres[lists[:, place]] & (lists[:, place] >= 0)[:, None]
        return counts

    def _picked(self, keys: ScaledIntegers, length: int, candidate_count: int) -> Positions:
        """Picks greedily among the best candidates, first by all rules, then by series alone."""
        candidates = top_positions(keys, candidate_count)
        found = np.full((len(keys), length), -1)
        counts = np.zeros(len(keys), dtype=np.int64)
        genre_counts = np.zeros((len(keys), self._genres.shape[1]), dtype=np.int64)
        used_series = np.full((len(keys), length), -1)
        # Only a list that saw every candidate may break the rule of genres.
        is_last = candidate_count >= keys.shape[1]
        for is_strict in (True, False) if is_last else (True,):
            for candidate in candidates.T:
                asked = np.flatnonzero((candidate >= 0) & (counts < length))
                if not len(asked):
                    break
                title = candidate[asked]
                genres, series = self._genres[title], self._series[title]
                taken = ~(used_series[asked] == series[:, None]).any(axis=1)
                if is_strict:
                    taken &= ~(genres & (genre_counts[asked] >= self._limit)).any(axis=1)
                rows = asked[taken]
                found[rows, counts[rows]] = title[taken]
                used_series[rows, counts[rows]] = series[taken]
                genre_counts[rows] += genres[taken]
                counts[rows] += 1
        return found
