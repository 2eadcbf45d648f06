"""Likeness of titles by what the catalogue says of them, also of titles that nobody has watched.

Each kind of attribute makes a block of columns: words of names and descriptions by TF-IDF, all else
one-hot by inverse document frequency. A title's row in a block has length 1, blocks are weighted by
data, and the whole row again has length 1. So the cosine of two titles is the weighted mean of the
cosines of their blocks, and a kind that the catalogue leaves out is no reason to be unlike.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.preprocessing import normalize

from marquee.ml.decimals import ScaledIntegers, scaled_integers
from marquee.ml.dense_index import Positions, dense_index, positions_of, string_array
from marquee.ml.recommendation.batches import row_batches
from marquee.ml.recommendation.interactions import FloatArray, Interactions
from marquee.ml.recommendation.ranking import ordered_keys, stored_scores, top_positions

ATTRIBUTE_SCHEMA = pa.schema(
    [("title_id", pa.string()), ("attribute_kind", pa.string()), ("attribute_value", pa.string())]
)
CONTENT_WEIGHT_TYPE = pa.decimal128(8, 4)
SERIES = "series"
_TEXTS = ("description", "name")
_BEST_RATING, _WORST_RATING = 5.0, 0.5


@dataclass(frozen=True)
class ContentConfig:
    """Settings of content-based likeness.

    Attributes:
        rating_influence: What the worst rating takes off a likeness, 0 to 1: a title that customers
            like is the better answer of two that are equally alike.
        prior_ratings: Ratings of the mean that every title has besides its own.
    """

    rating_influence: float = field(default=0.2, metadata={"minimum": 0.0, "maximum": 1.0})
    prior_ratings: float = field(default=10.0, metadata={"minimum": 0.0001})


def content_vectors(
    attributes: pa.Table, weights: pa.Table, title_ids: pa.StringArray
) -> sp.csr_matrix:
    """Describes titles by weighted attributes.

    Args:
        attributes: Table with the columns of ATTRIBUTE_SCHEMA, in any order; repetitions count
            once. Titles that are not asked for say nothing, also not of how common a value is.
        weights: attribute_kind and content_weight, not negative; kinds without one are left out.
        title_ids: Titles of the rows, sorted.

    Returns:
        Not negative, shape (titles, values); rows of length 1, or 0 where nothing is known.

    Raises:
        ValueError: If a kind has two weights.
    """
    kinds, _ = dense_index(weights["attribute_kind"])
    if len(kinds) < weights.num_rows:
        raise ValueError("a kind of attribute has more than one weight; keep one row a kind")
    by_kind = dict(
        zip(
            weights["attribute_kind"].cast(pa.string()).to_pylist(),
            scaled_integers(weights["content_weight"], CONTENT_WEIGHT_TYPE),
            strict=True,
        )
    )
    # A column of nothing, for titles of which nothing is known.
    blocks = [sp.csr_matrix((len(title_ids), 1))]
    for kind in kinds.to_pylist():
        block = _block(attributes, kind, title_ids)
        if by_kind[kind] > 0 and block is not None:
            blocks.append(block * np.sqrt(by_kind[kind] / 10.0**CONTENT_WEIGHT_TYPE.scale))
    joined = sp.hstack(blocks, format="csr")
    return normalize(joined) if len(title_ids) else joined


def rating_factors(
    interactions: Interactions, title_ids: pa.StringArray, config: ContentConfig
) -> FloatArray:
    """Gives what ratings leave of a likeness: 1 for the best, 1 - rating_influence for the worst.

    A title's rating is the mean of its own and of `prior_ratings` of the mean of all, which is also
    the rating of titles without any. Without any rating at all every factor is 1.

    Args:
        interactions: Rows, some of them with a rating.
        title_ids: Titles to give factors for, sorted.
        config: Settings.

    Returns:
        Factors, above 0 to 1, shape (titles,).
    """
    is_rated = ~np.isnan(interactions.ratings)
    if not is_rated.any():
        return np.ones(len(title_ids))
    places = positions_of(interactions.title_ids, title_ids)[interactions.title_positions]
    is_rated &= places >= 0
    # Half stars are whole numbers when doubled: their sums depend on no order.
    halves = np.rint(2 * interactions.ratings[is_rated])
    counts = np.bincount(places[is_rated], minlength=len(title_ids))
    sums = np.bincount(places[is_rated], weights=halves, minlength=len(title_ids)) / 2
    overall = sums.sum() / max(1, counts.sum())
    ratings = (sums + config.prior_ratings * overall) / (counts + config.prior_ratings)
    lost = (_BEST_RATING - ratings) / (_BEST_RATING - _WORST_RATING)
    return np.asarray(1.0 - config.rating_influence * np.clip(lost, 0.0, 1.0))


def series_groups(attributes: pa.Table, title_ids: pa.StringArray) -> Positions:
    """Numbers titles by series; a title of none is a series of its own.

    Args:
        attributes: Table with the columns of ATTRIBUTE_SCHEMA.
        title_ids: Titles, sorted.

    Returns:
        Numbers from 0, shape (titles,): that of the first title of the series.
    """
    rows = _of_kind(attributes, SERIES)
    titles = positions_of(rows["title_id"], title_ids)
    _, series = dense_index(rows["attribute_value"])
    known = titles >= 0
    groups = np.arange(len(title_ids))
    if known.any():
        firsts = np.full(series.max() + 1, len(title_ids))
        np.minimum.at(firsts, series[known], titles[known])
        groups[titles[known]] = firsts[series[known]]
    return groups


# Title, rank from 0, similar title and stored score of each row.
Rows = tuple[Positions, Positions, Positions, ScaledIntegers]


def nearest_titles(
    vectors: sp.csr_matrix,
    factors: FloatArray,
    groups: Positions,
    customer_counts: Positions,
    limit: int,
) -> Rows:
    """Gives every title its nearest ones, a block of titles at a time.

    Ordered by stored score, then by customers who have the title, then by title. Of a series only
    the nearest title counts: a list of all its episodes would say nothing. So titles without
    anything alike still get those with the most customers, at score 0.

    Args:
        vectors: Rows of length 1 or 0, shape (titles, values).
        factors: What is left of a likeness to each title, 0 to 1, shape (titles,).
        groups: Series of each title, shape (titles,).
        customer_counts: Customers who have each title, shape (titles,).
        limit: Most rows for each title.

    Returns:
        Rows sorted by title and rank.
    """
    by_popularity = np.argsort(-customer_counts, kind="stable")
    candidates = vectors[by_popularity].T.tocsr()
    _, group_of = np.unique(groups[by_popularity], return_inverse=True)
    by_group = np.argsort(group_of, kind="stable")
    starts = np.flatnonzero(np.diff(group_of[by_group], prepend=-1))
    count = len(groups)
    parts: list[Rows] = [(np.empty(0, np.int64),) * 4]
    for batch in row_batches(count, count):
        asked = np.arange(count)[batch]
        cosines = (vectors[asked] @ candidates).toarray() * factors[by_popularity]
        # Rounding may lead a hair above 1.
        scores = stored_scores(np.minimum(cosines, 1.0))
        keys = ordered_keys(scores)
        keys[asked[:, None] == by_popularity] = -1
        best = np.maximum.reduceat(keys[:, by_group], starts, axis=1)
        places = top_positions(best, limit)
        rows, ranks = np.nonzero(places >= 0)
        columns = count - 1 - best[rows, places[rows, ranks]] % count
        parts.append((asked[rows], ranks, by_popularity[columns], scores[rows, columns]))
    found = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    return found[0], found[1], found[2], found[3]


def _of_kind(attributes: pa.Table, kind: str) -> pa.Table:
    return attributes.filter(pc.equal(attributes["attribute_kind"].cast(pa.string()), kind))


def _block(attributes: pa.Table, kind: str, title_ids: pa.StringArray) -> sp.csr_matrix | None:
    """Gives one kind's columns, shape (titles, values); None where no title has a value."""
    rows = _of_kind(attributes, kind)
    titles = positions_of(rows["title_id"], title_ids)
    known = titles >= 0
    if not known.any():
        return None
    values = string_array(rows["attribute_value"]).filter(pa.array(known))
    return (_words if kind in _TEXTS else _one_hot)(values, titles[known], len(title_ids))


def _one_hot(values: pa.StringArray, titles: Positions, title_count: int) -> sp.csr_matrix:
    names, columns = dense_index(values)
    matrix = sp.csr_matrix(
        (np.ones(len(titles)), (titles, columns)), shape=(title_count, len(names))
    )
    matrix.data[:] = 1.0
    return TfidfTransformer().fit_transform(matrix)


def _words(values: pa.StringArray, titles: Positions, title_count: int) -> sp.csr_matrix | None:
    texts = [""] * title_count
    for title, text in sorted(zip(titles.tolist(), values.to_pylist(), strict=True)):
        texts[title] += f" {text}"
    vectorizer = TfidfVectorizer(sublinear_tf=True)
    analyze = vectorizer.build_analyzer()
    if not any(analyze(text) for text in texts):
        return None
    return vectorizer.fit_transform(texts)
