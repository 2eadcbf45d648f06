"""What customers do: click, watch, rate and tag."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from marquee.synthetic import vocabulary
from marquee.synthetic.configuration import (
    DAY_US,
    HOUR_US,
    SECOND_US,
    SyntheticConfiguration,
)
from marquee.synthetic.world import (
    Booleans,
    Customers,
    Floats,
    Integers,
    Titles,
    draw,
    trend_shares,
)

CLICK, WATCH = 0, 1
WATCH_RATE = 0.8
CLICK_BEFORE_WATCH_RATE = 0.75
REWATCH_RATE = 0.12
RATING_RATE = 0.08
RATING_AGAIN_RATE = 0.05
TAG_RATE = 0.03
# Customers by titles that are scored at once; small enough to stay in the processor's cache.
BATCH_CELLS = 1 << 20

# Weight of each hour for the dayparts evening, afternoon, morning, night.
DAYPARTS = np.array([
    [2, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 5, 8, 12, 14, 13, 8, 4],
    [1, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 5, 7, 9, 10, 10, 9, 7, 5, 4, 4, 3, 2, 1],
    [0, 0, 0, 0, 1, 4, 9, 12, 11, 8, 6, 5, 4, 3, 2, 2, 2, 3, 4, 5, 4, 3, 1, 0],
    [12, 10, 7, 4, 2, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 4, 6, 8, 11, 13],
])  # fmt: skip
# At weekends everybody also watches during the day.
WEEKEND_HOURS = np.array([2] * 2 + [0] * 6 + [3] * 12 + [2] * 4)


@dataclass(frozen=True)
class Rows:
    """Columns of equal length; row i is the i-th value of each."""

    def take(self, rows: Integers | slice) -> Self:
        """Return the given rows, in that order."""
        return type(self)(**{
            column.name: getattr(self, column.name)[rows] for column in fields(self)
        })  # fmt: skip

    def followed_by(self, other: Self) -> Self:
        """Return the rows of both."""
        return type(self)(**{
            column.name: np.concatenate([getattr(self, column.name), getattr(other, column.name)])
            for column in fields(self)
        })  # fmt: skip

    def until(self, end_us: int, time: str) -> Self:
        """Return the rows whose column `time` is before `end_us`, in order of that column."""
        order = np.argsort(getattr(self, time), kind="stable")
        return self.take(order[: np.searchsorted(getattr(self, time)[order], end_us)])


@dataclass(frozen=True)
class Choices(Rows):
    """One row a title that a customer turned to.

    Attributes:
        customer: Number of the customer.
        title: Number of the title.
        affinity: taste · vector, without popularity.
        is_watched: False if it stays at a click.
        chosen_at: Microseconds since 1970, UTC.
    """

    customer: npt.NDArray[np.int32]
    title: npt.NDArray[np.int32]
    affinity: npt.NDArray[np.float32]
    is_watched: Booleans
    chosen_at: Integers


@dataclass(frozen=True)
class Events(Rows):
    """One row an event.

    Attributes:
        event_number: Scrambled, unique; printed as the event id.
        customer: Number of the customer.
        title: Number of the title.
        event_type: `CLICK` or `WATCH`.
        watched_ms: Milliseconds, 0 for a click.
        device: Index into `vocabulary.DEVICE_SHARES`.
        event_at: Microseconds since 1970, UTC.
        received_at: Microseconds since 1970, UTC, after `event_at`.
    """

    event_number: npt.NDArray[np.uint64]
    customer: npt.NDArray[np.int32]
    title: npt.NDArray[np.int32]
    event_type: npt.NDArray[np.int8]
    watched_ms: npt.NDArray[np.int32]
    device: npt.NDArray[np.int8]
    event_at: Integers
    received_at: Integers


@dataclass(frozen=True)
class Ratings(Rows):
    """One row a rating.

    Attributes:
        customer: Number of the customer.
        title: Number of the title.
        network: Index into `vocabulary.NETWORK_SHARES`.
        half_stars: 1 to 10.
        rated_at: Microseconds since 1970, UTC; rows are in this order.
    """

    customer: npt.NDArray[np.int32]
    title: npt.NDArray[np.int32]
    network: Integers
    half_stars: Integers
    rated_at: Integers


@dataclass(frozen=True)
class Tags(Rows):
    """One row a tag that a customer gave a title.

    Attributes:
        customer: Number of the customer.
        title: Number of the title.
        network: Index into `vocabulary.NETWORK_SHARES`.
        text: Index into `vocabulary.TAG_TEXTS`.
        tagged_at: Microseconds since 1970, UTC; rows are in this order.
    """

    customer: npt.NDArray[np.int32]
    title: npt.NDArray[np.int32]
    network: Integers
    text: Integers
    tagged_at: Integers


def make_choices(
    configuration: SyntheticConfiguration, titles: Titles, customers: Customers
) -> Choices:
    """Return which customer turns to which title, and when.

    Titles are drawn with replacement and a repetition is mostly dropped. The first occurrences
    are then a draw without replacement (Plackett-Luce), the rest is rewatching.
    """
    random = configuration.random("choices")
    customer = np.repeat(np.arange(len(customers.draw_count), dtype=np.int32), customers.draw_count)
    position = random.random(len(customer))
    may_repeat = random.random(len(customer)) < REWATCH_RATE

    bounds = np.concatenate([[0], np.cumsum(customers.draw_count)])
    batch_size = max(1, BATCH_CELLS // len(titles.popularity))
    title = np.empty(len(customer), np.int32)
    affinity = np.empty(len(customer), np.float32)
    is_kept = np.empty(len(customer), np.bool_)
    for start in range(0, len(customers.draw_count), batch_size):
        batch = slice(start, min(start + batch_size, len(customers.draw_count)))
        rows = slice(bounds[batch.start], bounds[batch.stop])
        title[rows], affinity[rows], is_first = _draw_titles(
            titles, customers, batch, customer[rows] - start, position[rows]
        )
        is_kept[rows] = is_first | may_repeat[rows]

    kept = np.flatnonzero(is_kept)
    chosen_at, is_possible = _draw_times(
        configuration, titles, customers, customer[kept], title[kept]
    )
    is_watched = random.random(len(kept)) < WATCH_RATE
    choices = Choices(customer[kept], title[kept], affinity[kept], is_watched, chosen_at)
    return choices.take(np.flatnonzero(is_possible))


def make_events(
    configuration: SyntheticConfiguration, titles: Titles, customers: Customers, choices: Choices
) -> Events:
    """Return the clicks and watches that were received before the world ends."""
    random = configuration.random("events")
    count = len(choices.customer)
    is_clicked = ~choices.is_watched | (random.random(count) < CLICK_BEFORE_WATCH_RATE)

    # Who likes a title watches it to the end more often.
    is_completed = random.random(count) < 1 / (1 + np.exp(-0.5 * choices.affinity))
    progress = random.random(count)
    progress = np.where(is_completed, 0.9 + 0.1 * progress, 0.02 + 0.88 * progress)
    watched_ms = (progress * titles.runtime_ms[choices.title]).astype(np.int32)
    pause = random.integers(2 * SECOND_US, 90 * SECOND_US, count)
    clicked_at = np.maximum(choices.chosen_at - pause, configuration.start_us)
    device = np.where(
        random.random(count) < 0.75,
        customers.device[choices.customer],
        draw(random, vocabulary.DEVICE_SHARES.values(), count),
    ).astype(np.int8)

    clicked, watched = np.flatnonzero(is_clicked), np.flatnonzero(choices.is_watched)
    source = np.concatenate([clicked, watched])
    event_at = np.concatenate([clicked_at[clicked], choices.chosen_at[watched]])
    delay = random.integers(200_000, 20 * SECOND_US, len(source))
    late = np.flatnonzero(random.random(len(source)) < configuration.late_rate)
    # Uniform on the logarithm: 1 hour to 96 hours.
    delay[late] += (HOUR_US * 96 ** random.random(len(late))).astype(np.int64)
    events = Events(
        event_number=_scrambled(np.arange(len(source), dtype=np.uint64), configuration.seed),
        customer=choices.customer[source],
        title=choices.title[source],
        event_type=np.repeat(
            np.array([CLICK, WATCH], np.int8), [len(clicked), len(watched)]
        ),
        watched_ms=np.concatenate([np.zeros(len(clicked), np.int32), watched_ms[watched]]),
        device=device[source],
        event_at=event_at,
        received_at=event_at + delay,
    )  # fmt: skip
    return events.take(np.flatnonzero(events.received_at < configuration.end_us))


def make_ratings(
    configuration: SyntheticConfiguration, titles: Titles, customers: Customers, choices: Choices
) -> Ratings:
    """Return ratings of watched titles, some of them given again later."""
    random = configuration.random("ratings")
    chosen = np.flatnonzero(choices.is_watched & (random.random(len(choices.title)) < RATING_RATE))
    customer, title = choices.customer[chosen], choices.title[chosen]
    stars = (
        2.6
        + customers.rating_bias[customer]
        + 0.4 * titles.quality[title]
        + 0.3 * choices.affinity[chosen]
        + random.normal(0, 0.6, len(chosen))
    )
    half_stars = np.rint(2 * stars).astype(np.int64).clip(1, 10)
    rated_at = choices.chosen_at[chosen] + random.integers(HOUR_US, 2 * DAY_US, len(chosen))
    first = Ratings(
        customer,
        title,
        draw(random, vocabulary.NETWORK_SHARES.values(), len(chosen)),
        half_stars,
        rated_at,
    )

    again = np.flatnonzero(random.random(len(chosen)) < RATING_AGAIN_RATE)
    # One to three half stars away, upwards from the lower half of the scale.
    change = random.integers(1, 4, len(again)) * np.where(half_stars[again] > 5, -1, 1)
    second = Ratings(
        customer[again],
        title[again],
        first.network[again],
        half_stars[again] + change,
        rated_at[again] + random.integers(DAY_US, 60 * DAY_US, len(again)),
    )
    return first.followed_by(second).until(configuration.end_us, "rated_at")


def make_tags(configuration: SyntheticConfiguration, choices: Choices) -> Tags:
    """Return tags that customers gave titles they watched."""
    random = configuration.random("tags")
    chosen = np.flatnonzero(choices.is_watched & (random.random(len(choices.title)) < TAG_RATE))
    tags = Tags(
        choices.customer[chosen],
        choices.title[chosen],
        draw(random, vocabulary.NETWORK_SHARES.values(), len(chosen)),
        random.integers(0, len(vocabulary.TAG_TEXTS), len(chosen)),
        choices.chosen_at[chosen] + random.integers(HOUR_US, 3 * DAY_US, len(chosen)),
    )
    return tags.until(configuration.end_us, "tagged_at")


def _draw_titles(
    titles: Titles,
    customers: Customers,
    batch: slice,
    row: npt.NDArray[np.int32],
    position: Floats,
) -> tuple[npt.NDArray[np.int32], Floats, Booleans]:
    """Draw titles for a batch of customers by the inverse of their distribution.

    Args:
        titles: All titles.
        customers: All customers.
        batch: Which customers.
        row: Customer within the batch, a draw each, ascending.
        position: Uniform on [0, 1), a draw each.

    Returns:
        Title, affinity, and whether the customer draws the title for the first time.
    """
    title_count = len(titles.popularity)
    affinity = customers.taste[batch] @ titles.vector.T
    weight = titles.popularity + titles.country_shift[customers.country[batch]]
    weight += affinity
    np.exp(weight, out=weight)
    cumulative = np.cumsum(weight, axis=1, out=weight)
    cumulative /= cumulative[:, -1:].copy()
    # Row r covers [r, r + 1): one sorted array, one search for the whole batch.
    cumulative += np.arange(len(cumulative))[:, None]
    cell = np.searchsorted(cumulative.ravel(), row + position, side="right")
    # Rounding at the upper edge of a row may point to the next one.
    cell = np.minimum(cell, row * np.int64(title_count) + title_count - 1)
    # When a cell is assigned to repeatedly the last value stays: backwards, the first draw.
    first_draw = np.empty(affinity.size, np.int32)
    draws = np.arange(len(cell), dtype=np.int32)
    first_draw[cell[::-1]] = draws[::-1]
    title = (cell - row * np.int64(title_count)).astype(np.int32)
    return title, affinity.ravel()[cell], first_draw[cell] == draws


def _draw_times(
    configuration: SyntheticConfiguration,
    titles: Titles,
    customers: Customers,
    customer: npt.NDArray[np.int32],
    title: npt.NDArray[np.int32],
) -> tuple[Integers, Booleans]:
    """Draw when, given who and what.

    Returns:
        Microseconds since 1970, and false where the title is only out after the customer left.
    """
    random = configuration.random("choice times")
    count, days = len(customer), configuration.days
    cumulative = np.cumsum(trend_shares(configuration), axis=1)
    before = np.hstack([np.zeros((len(cumulative), 1)), cumulative])
    trend = titles.trend[title]
    first, last = customers.first_day[customer], customers.last_day[customer]
    low, high = before[trend, first], before[trend, last + 1]
    position = trend + low + random.random(count) * (high - low)
    edges = (cumulative + np.arange(len(cumulative))[:, None]).ravel()
    day = np.searchsorted(edges, position, side="right") - trend * days
    day = np.clip(day, np.maximum(first, titles.release_day[title]), last)

    weekend = (day + configuration.start_date.weekday()) % 7 >= 5
    weights = np.vstack([DAYPARTS, DAYPARTS + WEEKEND_HOURS])
    hour_shares = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    profile = customers.daypart[customer] + len(DAYPARTS) * weekend
    hour_edges = (hour_shares + np.arange(len(hour_shares))[:, None]).ravel()
    hour = np.searchsorted(hour_edges, profile + random.random(count), side="right") - profile * 24
    chosen_at = (
        configuration.start_us
        + day * DAY_US
        + np.minimum(hour, 23) * HOUR_US
        + random.integers(0, HOUR_US, count)
    )
    return chosen_at, high - low > 1e-9


def _scrambled(numbers: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """Map numbers one to one onto 64 bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    offset = np.random.SeedSequence(seed).generate_state(1, np.uint64)
    mixed = (numbers + offset) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    scrambled: npt.NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return scrambled
