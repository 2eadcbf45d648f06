"""Stars and tags that customers give to what they played."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marquee.synthetic import vocabulary
from marquee.synthetic.activity import Activity
from marquee.synthetic.catalogue import Titles
from marquee.synthetic.configuration import DAY_US, HOUR_US, SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.playback import FAILED
from marquee.synthetic.rows import Booleans, Integers, Rows, draw
from marquee.synthetic.sessions import NEVER

RATING_RATE, RATING_AGAIN_RATE, TAG_RATE = 0.18, 0.05, 0.06
FLIP_RATE = 0.05
"""Share of stars that say the opposite of what the customer feels."""
NEGATIVE, NEUTRAL, POSITIVE = range(3)
SENTIMENTS = ("negative", "neutral", "positive")
# Half stars up to which a feeling is negative, and from which it is positive.
WORST_NEUTRAL, BEST_NEUTRAL = 5, 6


@dataclass(frozen=True)
class Ratings(Rows):
    """One row a rating.

    Attributes:
        customer: Number of the customer.
        title: Number of the title.
        network: Index into `vocabulary.NETWORK_SHARES`.
        half_stars: 1 to 10, as given.
        sentiment: Index into `SENTIMENTS`, as felt.
        is_flipped: Whether the stars say the opposite.
        rated_at: Microseconds since 1970, UTC; rows are in this order.
    """

    customer: npt.NDArray[np.int32]
    title: npt.NDArray[np.int32]
    network: Integers
    half_stars: Integers
    sentiment: Integers
    is_flipped: Booleans
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


def make_ratings(
    configuration: SyntheticConfiguration, titles: Titles, customers: Customers, activity: Activity
) -> Ratings:
    """Return ratings of played titles, some of them given again later."""
    random = configuration.random("ratings")
    chosen = _chosen(random, activity, RATING_RATE)
    plays = activity.plays
    customer, title = plays.customer[chosen], plays.title[chosen]
    stars = (
        2.6
        + customers.rating_bias[customer]
        + 0.4 * titles.quality[title]
        + 0.25 * plays.affinity[chosen]
        + random.normal(0, 0.6, len(chosen))
    )
    felt = np.rint(2 * stars).astype(np.int64).clip(1, 10)
    delay = random.integers(HOUR_US, 2 * DAY_US, len(chosen))
    rated_at = activity.played_at[chosen] + plays.playing_ms[chosen] * 1_000 + delay
    network = draw(random, vocabulary.NETWORK_SHARES.values(), len(chosen))

    again = np.flatnonzero(random.random(len(chosen)) < RATING_AGAIN_RATE)
    # One to three half stars away, upwards from the lower half of the scale.
    change = random.integers(1, 4, len(again)) * np.where(felt[again] > 5, -1, 1)
    row = np.concatenate([np.arange(len(chosen)), again])
    felt = np.concatenate([felt, felt[again] + change])
    later = rated_at[again] + random.integers(DAY_US, 60 * DAY_US, len(again))
    is_flipped = random.random(len(row)) < FLIP_RATE
    ratings = Ratings(
        customer=customer[row],
        title=title[row],
        network=network[row],
        half_stars=np.where(is_flipped, 11 - felt, felt),
        sentiment=np.where(
            felt > BEST_NEUTRAL, POSITIVE, np.where(felt < WORST_NEUTRAL, NEGATIVE, NEUTRAL)
        ),
        is_flipped=is_flipped,
        rated_at=np.concatenate([rated_at, later]),
    )
    return ratings.until(configuration.end_us, "rated_at")


def make_tags(configuration: SyntheticConfiguration, activity: Activity) -> Tags:
    """Return tags that customers gave titles they played."""
    random = configuration.random("tags")
    chosen = _chosen(random, activity, TAG_RATE)
    plays = activity.plays
    tags = Tags(
        plays.customer[chosen],
        plays.title[chosen],
        draw(random, vocabulary.NETWORK_SHARES.values(), len(chosen)),
        random.integers(0, len(vocabulary.TAG_TEXTS), len(chosen)),
        activity.played_at[chosen] + random.integers(3 * HOUR_US, 3 * DAY_US, len(chosen)),
    )
    return tags.until(configuration.end_us, "tagged_at")


def _chosen(random: np.random.Generator, activity: Activity, rate: float) -> Integers:
    """Draw from the plays of customers who were logged in and saw something."""
    plays = activity.plays
    may = (plays.ending != FAILED) & (activity.sessions.login[plays.session] != NEVER)
    return np.flatnonzero(may & (random.random(len(plays)) < rate))
