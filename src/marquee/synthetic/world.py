"""The hidden truth of the service: titles, and customers with latent tastes.

A customer c draws title t with a probability proportional to the exponential of

    score(c, t) = popularity(t) + country_shift(country(c), t) + taste(c) · vector(t)

The vectors have one dimension a genre and a few latent ones that only behaviour (and, weakly,
a title's tags) can tell.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from marquee.synthetic import vocabulary
from marquee.synthetic.configuration import DAY_US, SyntheticConfiguration

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

LATENT_COUNT = 6
ZIPF_EXPONENT = 0.9
LOVE = (3.2, 2.6, 2.0, 1.6)
NEW_CUSTOMER_DAYS = 3
STEADY, RISING, FALLING = 0, 1, 2
RELEASE_STEP_DAYS = 7
# Draws of a title per customer in 180 days; sized so that scale 1 gives 10 million events.
MEAN_DRAWS = 141.0


@dataclass(frozen=True)
class Titles:
    """All titles, one row a title.

    Attributes:
        title_id: Text.
        title_name: Text, unique.
        title_type: Text.
        release_year: Integers.
        runtime_ms: Integers.
        genres: Boolean, titles by genres.
        tags: Boolean, titles by tags.
        quality: Standard normal; lifts popularity and ratings.
        popularity: Log weight that all customers share.
        vector: Titles by (genres + latent).
        country_shift: Countries by titles, log weight.
        trend: Row of `trend_shares` that says when the title is watched.
        release_day: Day of the world on which it came out, -1 if before.
    """

    title_id: pa.Array
    title_name: npt.NDArray[np.str_]
    title_type: npt.NDArray[np.str_]
    release_year: Integers
    runtime_ms: Integers
    genres: Booleans
    tags: Booleans
    quality: Floats
    popularity: Floats
    vector: Floats
    country_shift: Floats
    trend: Integers
    release_day: Integers


@dataclass(frozen=True)
class Customers:
    """All customers, one row a customer.

    Attributes:
        customer_id: Text.
        segment: Index into `vocabulary.SEGMENTS`.
        taste: Customers by (genres + latent).
        country: Index into `vocabulary.COUNTRY_SHARES`; the home that shapes the taste.
        gender: Text, empty if not told.
        daypart: Preferred part of the day, index into the profiles of `activity`.
        device: Preferred device, index into `vocabulary.DEVICE_SHARES`.
        rating_bias: Added to every rating.
        registered_at: Microseconds since 1970, UTC.
        first_day: First day of the world with events.
        last_day: Last day of the world with events.
        draw_count: How often the customer draws a title; 0 for new customers.
    """

    customer_id: pa.Array
    segment: Integers
    taste: Floats
    country: Integers
    gender: npt.NDArray[np.str_]
    daypart: Integers
    device: Integers
    rating_bias: Floats
    registered_at: Integers
    first_day: Integers
    last_day: Integers
    draw_count: Integers


def numbered_ids(prefix: str, numbers: Integers, width: int) -> pa.Array:
    """Return ids such as `c000123`.

    Args:
        prefix: One letter.
        numbers: Numbers from 0.
        width: Least count of digits.

    Returns:
        Text, as many as numbers.
    """
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=width, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")


def customer_ids(numbers: Integers) -> pa.Array:
    """Return the ids of customers by number."""
    return numbered_ids("c", numbers, 6)


def title_ids(numbers: Integers) -> pa.Array:
    """Return the ids of titles by number."""
    return numbered_ids("t", numbers, 5)


def draw(random: np.random.Generator, shares: Collection[float], count: int) -> Integers:
    """Return `count` indices drawn with the given shares, which add up to 1."""
    edges = np.cumsum(np.fromiter(shares, float))[:-1]
    return np.searchsorted(edges, random.random(count), side="right")


def make_titles(configuration: SyntheticConfiguration) -> Titles:
    """Return the titles of a world."""
    random = configuration.random("titles")
    count = configuration.title_count
    genre_count = len(vocabulary.GENRES)

    shares = np.fromiter(vocabulary.GENRE_SHARES.values(), float)
    genres = _choose_some(random, np.tile(np.log(shares), (count, 1)), 1 + draw(
        random, (0.35, 0.42, 0.23), count
    ))  # fmt: skip
    latent = random.normal(0, 0.7, (count, LATENT_COUNT))
    loadings = random.normal(0, 1, (LATENT_COUNT, len(vocabulary.TITLE_TAGS)))
    tags = _choose_some(random, latent @ loadings, random.integers(0, 5, count))

    types = vocabulary.TITLE_TYPES
    kind = draw(random, [share for share, _, _ in types.values()], count)
    shortest = np.array([low for _, low, _ in types.values()])[kind]
    longest = np.array([high for _, _, high in types.values()])[kind]

    # Zipf over a rank that follows quality, with luck: good titles are popular, not always.
    quality = random.normal(0, 1, count)
    luck = quality + random.normal(0, 1, count)
    rank = np.empty(count)
    rank[np.argsort(-luck)] = np.arange(count)
    popularity = -ZIPF_EXPONENT * np.log(rank + 2)

    trend = draw(random, (0.70, 0.11, 0.11, 0.08), count)
    release_step = random.integers(0, _release_steps(configuration), count)
    is_release = trend > FALLING
    release_day = np.where(is_release, release_step * RELEASE_STEP_DAYS, -1)
    latest_year = configuration.start_date.year - 1
    release_year = np.where(
        is_release,
        configuration.end_date.year,
        latest_year - random.exponential(9, count).astype(np.int64).clip(0, 70),
    )

    country_count = len(vocabulary.COUNTRY_SHARES)
    country_taste = random.normal(0, 0.5, (country_count, genre_count))
    weight = genres / np.sqrt(genres.sum(axis=1, keepdims=True))
    return Titles(
        title_id=title_ids(np.arange(count)),
        title_name=_names(random, count),
        title_type=np.array(list(types))[kind],
        release_year=release_year,
        runtime_ms=random.integers(shortest * 60_000, longest * 60_000),
        genres=genres,
        tags=tags,
        quality=quality,
        popularity=popularity,
        vector=np.hstack([weight, latent]),
        country_shift=country_taste @ weight.T + random.normal(0, 0.5, (country_count, count)),
        trend=trend + np.where(is_release, release_step, 0),
        release_day=release_day,
    )


def make_customers(configuration: SyntheticConfiguration) -> Customers:
    """Return the customers of a world."""
    random = configuration.random("customers")
    count, days = configuration.customer_count, configuration.days

    shares = [share for share, _ in vocabulary.SEGMENTS.values()]
    centroids = _centroids(configuration.random("segments"))
    segment, second = draw(random, shares, count), draw(random, shares, count)
    taste = 0.85 * centroids[segment] + 0.25 * centroids[second]
    taste += random.normal(0, 0.6, taste.shape)

    # Old customers, those who join during the world, and new ones without any event.
    arrival = draw(random, (0.60, 0.35, 0.05), count)
    registered_day = np.choose(
        arrival,
        [
            -1 - random.integers(0, 1_100, count),
            random.integers(0, days - NEW_CUSTOMER_DAYS - 1, count),
            random.integers(days - NEW_CUSTOMER_DAYS, days, count),
        ],
    )
    # From the day after, so that nobody watches before registering.
    first_day = np.clip(registered_day + 1, 0, days - 1)
    leaves = random.random(count) < 0.2
    last_day = np.where(leaves, random.integers(first_day, days), days - 1)
    activity = random.lognormal(-0.5 * 0.9**2, 0.9, count)
    expected = MEAN_DRAWS * activity * (last_day - first_day + 1) / 180
    draw_count = np.where(arrival == 2, 0, 1 + random.poisson(expected))

    genders = vocabulary.GENDER_SHARES
    return Customers(
        customer_id=customer_ids(np.arange(count)),
        segment=segment,
        taste=taste,
        country=draw(random, vocabulary.COUNTRY_SHARES.values(), count),
        gender=np.array(list(genders))[draw(random, genders.values(), count)],
        daypart=draw(random, (0.55, 0.20, 0.15, 0.10), count),
        device=draw(random, vocabulary.DEVICE_SHARES.values(), count),
        rating_bias=random.normal(0, 0.4, count),
        registered_at=configuration.start_us
        + registered_day * DAY_US
        + random.integers(0, DAY_US, count),
        first_day=first_day,
        last_day=last_day,
        draw_count=draw_count,
    )


def trend_shares(configuration: SyntheticConfiguration) -> Floats:
    """Return when titles of each trend are watched.

    Returns:
        Trends by days, each row adds up to 1: steady, rising, falling, then one row a release
        step. Weekends weigh more.
    """
    day = np.arange(configuration.days)
    release = np.arange(_release_steps(configuration)) * RELEASE_STEP_DAYS
    age = day - release[:, None]
    progress = day / configuration.days
    curves = np.vstack([
        np.ones(configuration.days),
        0.2 + 1.6 * progress,
        1.8 - 1.6 * progress,
        np.where(age >= 0, 0.25 + np.exp(-np.maximum(age, 0) / 21), 0),
    ])  # fmt: skip
    weekday = (day + configuration.start_date.weekday()) % 7
    weighted = curves * np.array([0.85, 0.85, 0.9, 0.95, 1.15, 1.45, 1.35])[weekday]
    shares: Floats = weighted / weighted.sum(axis=1, keepdims=True)
    return shares


def _release_steps(configuration: SyntheticConfiguration) -> int:
    return configuration.days // RELEASE_STEP_DAYS


def _choose_some(random: np.random.Generator, log_weights: Floats, counts: Integers) -> Booleans:
    """Draw `counts` columns a row without replacement (Gumbel top-k): rows by columns."""
    order = np.argsort(-(log_weights + random.gumbel(size=log_weights.shape)), axis=1)
    place = np.argsort(order, axis=1)
    chosen: Booleans = place < counts[:, None]
    return chosen


def _centroids(random: np.random.Generator) -> Floats:
    """Return the planted segments' tastes: segments by (genres + latent)."""
    genre = np.array([
        [
            LOVE[loved.index(name)] if name in loved else -0.4
            for name in vocabulary.GENRES
        ]
        for _, loved in vocabulary.SEGMENTS.values()
    ])  # fmt: skip
    return np.hstack([genre, random.normal(0, 0.6, (len(genre), LATENT_COUNT))])


def _names(random: np.random.Generator, count: int) -> npt.NDArray[np.str_]:
    """Return readable names; a name drawn again becomes a sequel ("Hidden River 2")."""
    adjective, other = np.array(vocabulary.ADJECTIVES)[
        random.integers(0, len(vocabulary.ADJECTIVES), (2, count))
    ]
    noun, second = np.array(vocabulary.NOUNS)[random.integers(0, len(vocabulary.NOUNS), (2, count))]
    place = np.array(vocabulary.PLACES)[random.integers(0, len(vocabulary.PLACES), count)]
    patterns = (
        ("The ", adjective, " ", noun, ""),
        (adjective, " ", noun, ", ", other + np.array(" ") + second),
        ("The ", noun, " of ", place, ""),
        (adjective, " ", noun, " in ", place),
        ("The ", noun, " and the ", second, ""),
        ('"', noun, '": A ', adjective, np.array(" ") + second),
        ("Goodbye, ", place, "", "", ""),
        (place, ": The ", adjective, " ", noun),
    )
    variants = [_joined(parts) for parts in patterns]
    pattern = draw(random, (0.25, 0.08, 0.18, 0.16, 0.15, 0.05, 0.01, 0.12), count)
    names = np.choose(pattern, variants)
    _, inverse, occurrences = np.unique(names, return_inverse=True, return_counts=True)
    order = np.argsort(inverse, kind="stable")
    first = np.repeat(np.cumsum(occurrences) - occurrences, occurrences)
    part = np.empty(count, np.int64)
    part[order] = np.arange(count) - first + 1
    return np.where(part > 1, _joined((names, " ", part.astype(np.str_))), names)


def _joined(parts: Collection[npt.NDArray[np.str_] | str]) -> npt.NDArray[np.str_]:
    joined = np.array("")
    for part in parts:
        joined = np.strings.add(joined, np.asarray(part))
    return joined
