"""Similar titles: by who has them, and by genre where nobody's history says anything."""

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from marquee.ml.as_of_dates import require_one_as_of_date
from marquee.ml.decimals import ScaledIntegers, decimal_array
from marquee.ml.dense_index import Positions, dense_index, positions_of
from marquee.ml.recommendation import item_knn
from marquee.ml.recommendation.interactions import Interactions, index_interactions
from marquee.ml.recommendation.neighbors import PARAMETER_NAME
from marquee.ml.recommendation.parameters import parameter_matrix, select_parameters
from marquee.ml.recommendation.ranking import (
    SCORE_TYPE,
    ordered_keys,
    stored_scores,
    top_positions,
)
from marquee.ml.recommendation.scoring import customer_batches

SIMILAR_TITLE_SCHEMA = pa.schema(
    [
        ("title_id", pa.string()),
        ("method", pa.string()),
        ("similarity_rank", pa.int32()),
        ("similar_title_id", pa.string()),
        ("similarity_score", SCORE_TYPE),
    ]
)


def similar_titles(
    interactions: pa.Table, parameters: pa.Table, title_genres: pa.Table, limit: int = 20
) -> pa.Table:
    """Gives every title with history its most similar titles.

    Method `collaborative` is the cosine of item_knn, ordered by score, then by title id. Where a
    title has none above 0, method `genre` takes its place: the Jaccard index of the genres,
    ordered by score, customers with the title, then title id; if no title shares a genre, the
    titles with the most customers have score 0. Licences and playability decide nothing here: the
    answer is the same for everybody, and a series is a good answer beside a title.

    Args:
        interactions: Table with the columns of INTERACTION_SCHEMA, in any order.
        parameters: Table of PARAMETER_SCHEMA that holds `neighbor` of item_knn, of one version.
        title_genres: title_id and genre_name, one row for each genre of a title.
        limit: Most rows for each title.

    Returns:
        Table of SIMILAR_TITLE_SCHEMA, sorted by title and rank; scores from 0 to 1.

    Raises:
        ValueError: If the interactions are not valid, or the tables hold more than one as_of_date.
    """
    require_one_as_of_date(interactions=interactions, title_genres=title_genres)
    indexed = index_interactions(interactions)
    genre_titles = title_genres["title_id"].cast(pa.string())
    title_ids, _ = dense_index(pa.chunked_array([*genre_titles.chunks, indexed.title_ids]))
    with_history = positions_of(indexed.title_ids, title_ids)
    titles, ranks, similar, scores = _collaborative(parameters, indexed.title_ids, limit)
    collaborative = (with_history[titles], ranks, with_history[similar], scores)
    by_genre = _by_genre(
        np.setdiff1d(with_history, collaborative[0]),
        _genre_matrix(title_genres, title_ids),
        _customer_counts(indexed, with_history, len(title_ids)),
        limit,
    )
    titles, ranks, similar, scores = (
        np.concatenate(arrays) for arrays in zip(collaborative, by_genre, strict=True)
    )
    methods = np.repeat([0, 1], [len(collaborative[0]), len(by_genre[0])])
    order = np.lexsort([ranks, titles])
    return pa.table(
        [
            title_ids.take(pa.array(titles[order])),
            pa.array(["collaborative", "genre"]).take(pa.array(methods[order])),
            pa.array(ranks[order] + 1, pa.int32()),
            title_ids.take(pa.array(similar[order])),
            decimal_array(scores[order], SCORE_TYPE),
        ],
        schema=SIMILAR_TITLE_SCHEMA,
    )


# Title, rank from 0, similar title and stored score of each row.
_Rows = tuple[Positions, Positions, Positions, ScaledIntegers]


def _collaborative(parameters: pa.Table, title_ids: pa.StringArray, limit: int) -> _Rows:
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
) -> _Rows:
    # Columns stand in the order that breaks ties, so that a key of score and column ranks them.
    by_popularity = np.argsort(-customer_counts, kind="stable")
    genre_counts = np.diff(genres.indptr)
    parts: list[_Rows] = [(np.empty(0, np.int64),) * 4]
    for batch in customer_batches(len(titles), genres.shape[0]):
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
