"""Similar titles: by who has them, by genre where no history says anything, and by content."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.decimals import decimal_array
from marquee.ml.dense_index import Positions, dense_index, positions_of
from marquee.ml.one_thread import one_thread
from marquee.ml.recommendation import item_knn
from marquee.ml.recommendation.batches import row_batches
from marquee.ml.recommendation.content import (
    ContentConfig,
    Rows,
    content_vectors,
    nearest_titles,
    rating_factors,
    series_groups,
)
from marquee.ml.recommendation.interactions import Interactions, index_interactions
from marquee.ml.recommendation.neighbors import PARAMETER_NAME
from marquee.ml.recommendation.parameters import parameter_matrix, select_parameters
from marquee.ml.recommendation.ranking import (
    SCORE_TYPE,
    ordered_keys,
    stored_scores,
    top_positions,
)

SIMILAR_TITLE_SCHEMA = pa.schema(
    [
        ("title_id", pa.string()),
        ("method", pa.string()),
        ("similarity_rank", pa.int32()),
        ("similar_title_id", pa.string()),
        ("similarity_score", SCORE_TYPE),
    ]
)


_METHODS = pa.array(["collaborative", "genre", "content"])


def similar_titles(
    interactions: pa.Table,
    parameters: pa.Table,
    title_genres: pa.Table,
    titles: pa.Table,
    attributes: pa.Table,
    content_weights: pa.Table,
    config: ContentConfig | None = None,
    limit: int = 20,
) -> pa.Table:
    """Gives every title its most similar titles.

    Method `collaborative` is the cosine of item_knn, ordered by score, then by title id. Where a
    title has none above 0, method `genre` takes its place: the Jaccard index of the genres,
    ordered by score, customers with the title, then title id; if no title shares a genre, the
    titles with the most customers have score 0. Both are for titles with history; method `content`
    is for all on offer too: by their attributes (see nearest_titles), less what bad ratings take
    off (see rating_factors). Licences and playability decide nothing here: the answer is the same
    for everybody, and a series is a good answer beside a title.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        parameters: Table of PARAMETER_SCHEMA that holds `neighbor` of item_knn, of one version.
        title_genres: title_id and genre_name, one row for each genre of a title.
        titles: title_id; what is on offer.
        attributes: Table with the columns of ATTRIBUTE_SCHEMA.
        content_weights: attribute_kind and content_weight.
        config: Settings of method `content`; the defaults if left out.
        limit: Most rows for each title and method.

    Returns:
        Table of SIMILAR_TITLE_SCHEMA, sorted by title, method and rank; scores from 0 to 1.

    Raises:
        ValueError: If the interactions are not valid, or the tables hold more than one as_of_date.
    """
    require_one_as_of_date(
        interactions=interactions, title_genres=title_genres, titles=titles, attributes=attributes
    )
    indexed = index_interactions(interactions)
    known = [
        column.cast(pa.string()).chunks for column in (titles["title_id"], title_genres["title_id"])
    ]
    title_ids, _ = dense_index(pa.chunked_array([*known[0], *known[1], indexed.title_ids]))
    with_history = positions_of(indexed.title_ids, title_ids)
    counts = _customer_counts(indexed, with_history, len(title_ids))
    found, ranks, similar, scores = _collaborative(parameters, indexed.title_ids, limit)
    collaborative = (with_history[found], ranks, with_history[similar], scores)
    by_genre = _by_genre(
        np.setdiff1d(with_history, collaborative[0]),
        _genre_matrix(title_genres, title_ids),
        counts,
        limit,
    )
    with one_thread():
        by_content = nearest_titles(
            content_vectors(attributes, content_weights, title_ids),
            rating_factors(indexed, title_ids, config or ContentConfig()),
            series_groups(attributes, title_ids),
            counts,
            limit,
        )
    return _table([collaborative, by_genre, by_content], title_ids)


def _table(found: list[Rows], title_ids: pa.StringArray) -> pa.Table:
    """Joins the rows of _METHODS."""
    titles, ranks, similar, scores = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    methods = np.repeat(np.arange(len(found)), [len(rows[0]) for rows in found])
    names = pc.rank(_METHODS, tiebreaker="first").to_numpy()[methods]
    order = np.lexsort([ranks, names, titles])
    return pa.table(
        [
            title_ids.take(pa.array(titles[order])),
            _METHODS.take(pa.array(methods[order])),
            pa.array(ranks[order] + 1, pa.int32()),
            title_ids.take(pa.array(similar[order])),
            decimal_array(scores[order], SCORE_TYPE),
        ],
        schema=SIMILAR_TITLE_SCHEMA,
    )


def _collaborative(parameters: pa.Table, title_ids: pa.StringArray, limit: int) -> Rows:
    chosen = select_parameters(parameters, item_knn.NAME, PARAMETER_NAME)
    cosines = parameter_matrix(chosen, title_ids, title_ids).tocoo()
    scores = stored_scores(cosines.data)
    order = np.lexsort([cosines.row, -scores, cosines.col])
    titles = cosines.col[order].astype(np.int64)
    starts = np.searchsorted(titles, titles)
    ranks = np.arange(len(titles)) - starts
    kept = (ranks < limit) & (scores[order] > 0)
    similar = cosines.row[order].astype(np.int64)
    return titles[kept], ranks[kept], similar[kept], scores[order][kept]


def _by_genre(
    titles: Positions, genres: sp.csr_matrix, customer_counts: Positions, limit: int
) -> Rows:
    # Columns stand in the order that breaks ties, so that a key of score and column ranks them.
    by_popularity = np.argsort(-customer_counts, kind="stable")
    genre_counts = np.diff(genres.indptr)
    parts: list[Rows] = [(np.empty(0, np.int64),) * 4]
    for batch in row_batches(len(titles), genres.shape[0]):
        asked = titles[batch]
        shared = (genres[asked] @ genres[by_popularity].T).toarray()
        unions = genre_counts[asked][:, None] + genre_counts[by_popularity] - shared
        scores = stored_scores(shared / np.maximum(unions, 1))
        keys = ordered_keys(scores)
        keys[asked[:, None] == by_popularity] = -1
        keys[(scores == 0) & (keys.max(axis=1) >= genres.shape[0])[:, None]] = -1
        places = top_positions(keys, limit)
        rows, ranks = np.nonzero(places >= 0)
        columns = places[rows, ranks]
        parts.append((asked[rows], ranks, by_popularity[columns], scores[rows, columns]))
    found = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    return found[0], found[1], found[2], found[3]


def _genre_matrix(title_genres: pa.Table, title_ids: pa.StringArray) -> sp.csr_matrix:
    """Gives 1 where a title has a genre, shape (titles, genres)."""
    genre_names, genre_positions = dense_index(title_genres["genre_name"])
    titles = positions_of(title_genres["title_id"], title_ids)
    matrix = sp.csr_matrix(
        (np.ones(len(titles)), (titles, genre_positions)),
        shape=(len(title_ids), len(genre_names)),
    )
    # A genre listed twice is still one genre.
    matrix.data[:] = 1.0
    return matrix


def _customer_counts(
    interactions: Interactions, positions: Positions, title_count: int
) -> Positions:
    return np.bincount(positions[interactions.title_positions], minlength=title_count)
