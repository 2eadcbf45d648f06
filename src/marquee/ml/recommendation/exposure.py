"""A place for titles that hardly anybody knows: without it nobody would ever come to know them."""

import zlib
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from marquee.ml.decimals import ScaledIntegers
from marquee.ml.dense_index import Positions
from marquee.ml.recommendation.interactions import BoolArray
from marquee.ml.recommendation.rules import Variety


@dataclass(frozen=True)
class ExposureConfig:
    """Settings of exposure.

    Attributes:
        one_in_lists: Of so many lists one, chosen by a hash, has a new title; 0 for none.
        rank: Place that the new title takes.
    """

    one_in_lists: int = field(default=5, metadata={"minimum": 0})
    rank: int = field(default=10, metadata={"minimum": 1})


def customer_hashes(customer_ids: pa.StringArray, salt: str) -> Positions:
    """Gives each customer a number that looks like chance and is the same in every build.

    Args:
        customer_ids: Ids.
        salt: Text that other choices differ by, such as the snapshot day.

    Returns:
        Numbers from 0 to 2^32 - 1, shape (customers,).
    """
    hashes = [zlib.crc32(f"{salt}|{text}".encode()) for text in customer_ids.to_pylist()]
    return np.array(hashes, dtype=np.int64)


def expose_new_titles(
    lists: Positions,
    new_titles: Positions,
    likenesses: ScaledIntegers,
    excluded: BoolArray,
    hashes: Positions,
    variety: Variety,
    length: int,
    config: ExposureConfig,
) -> tuple[Positions, Positions]:
    """Gives the chosen lists a new title each, unless they hold one already.

    It is the one most like the customer's history of those that the rules allow; where several are,
    as for customers without a history, the hash says which, so that each has its turn. The titles
    behind its place move down, and of a full list the last goes.

    Args:
        lists: Titles, -1 behind the last, shape (customers, places).
        new_titles: The new ones, shape (new,).
        likenesses: Stored cosines of the new titles, shape (customers, new).
        excluded: New titles that must not be shown, shape (customers, new).
        hashes: As customer_hashes gives them, shape (customers,).
        variety: The rules of series and genres.
        length: Titles in a full list.
        config: Settings.

    Returns:
        Lists of the same shape, or of one place more where they were shorter than `length`; and the
        place of the new title in each list, -1 where none was put in.
    """
    places = np.full(len(lists), -1)
    if not config.one_in_lists or not len(new_titles) or not length:
        return lists, places
    if lists.shape[1] < length:
        lists = np.concatenate([lists, np.full((len(lists), 1), -1)], axis=1)
    kept = lists.copy()
    kept[:, length - 1 :] = -1
    is_free = ~excluded & variety.allowed_beside(kept, new_titles)
    # One integer orders by likeness, then by turn.
    turns = (np.arange(len(new_titles)) + hashes[:, None] // config.one_in_lists) % len(new_titles)
    keys = np.where(is_free, likenesses * len(new_titles) + turns, -1)
    best = keys.argmax(axis=1)
    chosen = (
        (hashes % config.one_in_lists == 0)
        & (keys[np.arange(len(lists)), best] >= 0)
        & ~np.isin(lists, new_titles).any(axis=1)
    )
    places[chosen] = np.minimum((kept[chosen] >= 0).sum(axis=1), config.rank - 1)
    rows = np.flatnonzero(chosen)
    columns = np.arange(lists.shape[1])
    moved = columns > places[rows][:, None]
    shifted = np.where(moved, np.roll(kept[rows], 1, axis=1), kept[rows])
    shifted[np.arange(len(rows)), places[rows]] = new_titles[best[rows]]
    result = lists.copy()
    result[rows] = shifted
    return result, places
