"""Customers with latent tastes and habits.

A customer c draws entry t with a probability proportional to the exponential of

    score(c, t) = popularity(t) + country_shift(country(c), t) + taste(c) · vector(t)

The vectors have one dimension a genre and a few latent ones that only behaviour (and, weakly,
a title's tags) can tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from marquee.synthetic import vocabulary
from marquee.synthetic.catalogue import LATENT_COUNT, numbered_ids
from marquee.synthetic.configuration import DAY_US, SyntheticConfiguration
from marquee.synthetic.rows import Floats, Integers, draw, draw_from_rows

LOVE = (3.2, 2.6, 2.0, 1.6)
NEW_CUSTOMER_DAYS = 3
# Who was there before the world begins, who joins in it, and who comes in its last days.
ARRIVAL_SHARES = (0.68, 0.28, 0.04)
NEW = 2
PROFILE_SHARES = (0.45, 0.30, 0.15, 0.10)
ACTIVITY_DEVIATION = 0.65


@dataclass(frozen=True)
class Customers:
    """All customers, one row a customer.

    Attributes:
        customer_id: Text.
        segment: Index into `vocabulary.SEGMENTS`.
        taste: Customers by (genres + latent).
        country: Index into `vocabulary.COUNTRY_SHARES`; the home that shapes the taste.
        gender: Text, empty if not told.
        daypart: Preferred part of the day, index into `sessions.DAYPARTS`.
        activity: Sessions against the mean of all.
        rating_bias: Added to every rating.
        profile_count: Profiles of the household, 1 to 4.
        registered_day: Day of the world, negative before it.
        registered_at: Microseconds since 1970, UTC.
        is_new: Registered too late to have watched anything.
    """

    customer_id: pa.Array
    segment: Integers
    taste: Floats
    country: Integers
    gender: npt.NDArray[np.str_]
    daypart: Integers
    activity: Floats
    rating_bias: Floats
    profile_count: Integers
    registered_day: Integers
    registered_at: Integers
    is_new: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.segment)


def customer_ids(numbers: Integers) -> pa.Array:
    """Return the ids of customers by number."""
    return numbered_ids("c", numbers, 6)


def make_customers(configuration: SyntheticConfiguration) -> Customers:
    """Return the customers of a world."""
    random = configuration.random("customers")
    count, days = configuration.customer_count, configuration.days
    segments = list(vocabulary.SEGMENTS.values())

    shares = [segment.share for segment in segments]
    centroids = _centroids(configuration.random("segments"))
    segment, second = draw(random, shares, count), draw(random, shares, count)
    taste = 0.85 * centroids[segment] + 0.25 * centroids[second]
    taste += random.normal(0, 0.6, taste.shape)

    arrival = draw(random, ARRIVAL_SHARES, count)
    registered_day = np.choose(
        arrival,
        [
            -1 - random.integers(0, 1_100, count),
            random.integers(0, days - NEW_CUSTOMER_DAYS - 1, count),
            random.integers(days - NEW_CUSTOMER_DAYS, days, count),
        ],
    )
    spread = random.lognormal(-0.5 * ACTIVITY_DEVIATION**2, ACTIVITY_DEVIATION, count)
    genders = vocabulary.GENDER_SHARES
    return Customers(
        customer_id=customer_ids(np.arange(count)),
        segment=segment,
        taste=taste.astype(np.float32),
        country=draw(random, vocabulary.COUNTRY_SHARES.values(), count),
        gender=np.array(list(genders))[draw(random, genders.values(), count)],
        daypart=draw_from_rows(random, np.array([each.dayparts for each in segments]), segment),
        activity=np.where(
            arrival == NEW, 0, np.array([each.activity for each in segments])[segment] * spread
        ),
        rating_bias=random.normal(0, 0.4, count),
        profile_count=1 + draw(random, PROFILE_SHARES, count),
        registered_day=registered_day,
        registered_at=configuration.start_us
        + registered_day * DAY_US
        + random.integers(0, DAY_US, count),
        is_new=arrival == NEW,
    )


def _centroids(random: np.random.Generator) -> Floats:
    """Return the planted segments' tastes: segments by (genres + latent)."""
    genre = np.array([
        [
            LOVE[segment.loved.index(name)] if name in segment.loved else -0.4
            for name in vocabulary.GENRES
        ]
        for segment in vocabulary.SEGMENTS.values()
    ])  # fmt: skip
    return np.hstack([genre, random.normal(0, 0.6, (len(genre), LATENT_COUNT))])
