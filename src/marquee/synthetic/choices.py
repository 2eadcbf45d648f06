"""Which title a customer turns to: draws by taste, and series in order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from marquee.synthetic.catalogue import Titles, trend_curves
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.rows import Booleans, Floats, Integers, Rows, occurrences
from marquee.synthetic.sessions import Sessions, session_of_plays

REWATCH_RATE = 0.12
# Draws until a title is found that is out, licensed and in demand on the day.
ROUNDS = 8
MOST_EPISODES = 24
# Customers by titles that are scored at once; small enough to stay in the processor's cache.
BATCH_CELLS = 1 << 20


@dataclass(frozen=True)
class Choices(Rows):
    """One row a title that a customer turns to, in order of session and place in it.

    Attributes:
        session: Number of the session.
        place: Place in the session, from 0.
        customer: Number of the customer.
        title: Number of the title.
        affinity: taste · vector, without popularity.
        is_next: Whether it is the next episode of the same series.
    """

    session: Integers
    place: Integers
    customer: npt.NDArray[np.int32]
    title: npt.NDArray[np.int32]
    affinity: npt.NDArray[np.float32]
    is_next: Booleans


def make_choices(
    configuration: SyntheticConfiguration, titles: Titles, customers: Customers, sessions: Sessions
) -> Choices:
    """Return which titles customers turn to in their sessions.

    Entries are drawn with replacement and a repetition is mostly drawn anew. The first
    occurrences are then a draw without replacement (Plackett-Luce), the rest is rewatching. A
    series that is drawn again goes on where the customer stopped.
    """
    random = configuration.random("choices")
    session, place = session_of_plays(sessions)
    customer, day = sessions.customer[session], sessions.day[session].astype(np.int64)
    entry, affinity = _draw_entries(random, configuration, titles, customers, customer, day)
    entry, affinity, is_next = _extend_series(random, titles, customer, entry, affinity)

    country = customers.country[customer]
    is_licensed = licensed(titles, entry, country, day) & (entry >= 0)
    kept = np.flatnonzero(is_licensed)
    choices = Choices(
        session=session[kept],
        place=place[kept],
        customer=customer[kept],
        title=entry[kept],
        affinity=affinity[kept],
        is_next=is_next[kept],
    )
    is_series = titles.episode_count[choices.title] > 0
    series = np.flatnonzero(is_series)
    key = choices.customer[series].astype(np.int64) * titles.entry_count + choices.title[series]
    number = occurrences(key) % titles.episode_count[choices.title[series]]
    choices.title[series] = titles.first_episode[choices.title[series]] + number
    return choices


def licensed(titles: Titles, title: Integers, country: Integers, day: Integers) -> Booleans:
    """Return whether each title may be shown in a country on a day of the world."""
    is_licensed: Booleans = (
        (titles.licensed_from[country, title] <= day)
        & (day < titles.licensed_to[country, title])
        & (titles.release_day[title] <= day)
    )
    return is_licensed


def _draw_entries(
    random: np.random.Generator,
    configuration: SyntheticConfiguration,
    titles: Titles,
    customers: Customers,
    customer: npt.NDArray[np.int32],
    day: Integers,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Draw an entry for each place, and its affinity; -1 where none was found."""
    entry_count = titles.entry_count
    curves = trend_curves(configuration)
    is_series = titles.episode_count[:entry_count] > 0
    shared = (titles.popularity + titles.country_shift)[:, :entry_count].astype(np.float32)
    vectors = titles.vector[:entry_count].T.astype(np.float32)
    entry = np.full(len(customer), -1, np.int32)
    affinity = np.zeros(len(customer), np.float32)
    batch_size = max(1, BATCH_CELLS // entry_count)
    bounds = np.searchsorted(customer, np.arange(0, len(customers) + batch_size, batch_size))
    for number, (start, stop) in enumerate(pairwise(bounds)):
        batch = slice(number * batch_size, min((number + 1) * batch_size, len(customers)))
        likes = customers.taste[batch] @ vectors
        cumulative = _cumulative(likes + shared[customers.country[batch]])
        is_seen = np.zeros(likes.size, np.bool_)
        missing = np.arange(start, stop)
        for _ in range(ROUNDS):
            row = customer[missing].astype(np.int64) - batch.start
            cell = np.searchsorted(cumulative, row + random.random(len(missing)), side="right")
            # Rounding at the upper edge of a row may point to the next one.
            cell = np.minimum(cell, row * entry_count + entry_count - 1)
            title = cell - row * entry_count
            on_day = day[missing]
            is_taken = random.random(len(missing)) < curves[titles.trend[title], on_day]
            is_taken &= licensed(titles, title, customers.country[customer[missing]], on_day)
            is_new = ~is_seen[cell] & (occurrences(cell) == 0)
            is_taken &= is_new | is_series[title] | (random.random(len(missing)) < REWATCH_RATE)
            is_seen[cell[is_taken]] = True
            found = missing[is_taken]
            entry[found] = title[is_taken]
            affinity[found] = likes.ravel()[cell[is_taken]]
            missing = missing[~is_taken]
            if not len(missing):
                break
    return entry, affinity


def _cumulative(score: Floats) -> Floats:
    """Return cumulative shares of each row, row r on [r, r + 1): one sorted array for a search."""
    weight = np.exp(score, out=score)
    cumulative = np.cumsum(weight, axis=1, dtype=np.float64)
    cumulative /= cumulative[:, -1:].copy()
    cumulative += np.arange(len(cumulative))[:, None]
    return cumulative.ravel()


def _extend_series(
    random: np.random.Generator,
    titles: Titles,
    customer: npt.NDArray[np.int32],
    entry: npt.NDArray[np.int32],
    affinity: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], Booleans]:
    """Let who likes a series go on with it: the places that follow are taken by it."""
    count = len(entry)
    if not count:
        return entry, affinity, np.zeros(0, np.bool_)
    is_series = (entry >= 0) & (titles.episode_count[entry] > 0)
    stays = np.clip(1 / (1 + np.exp(-0.35 - 0.3 * affinity)), 0.25, 0.9)
    length = np.where(is_series, random.geometric(1 - stays), 1)
    length = np.minimum(length, MOST_EPISODES)
    # Which place begins something new depends on the one before: all customers take a step at
    # a time, from the place that begins to the first one that it does not fill.
    ends = np.searchsorted(customer, customer, side="right")
    place = np.unique(np.searchsorted(customer, customer, side="left"))
    begins = np.zeros(count, np.bool_)
    while len(place):
        begins[place] = True
        following = place + length[place]
        place = following[following < ends[place]]
    owner = np.maximum.accumulate(np.where(begins, np.arange(count), 0))
    return entry[owner], affinity[owner], ~begins
