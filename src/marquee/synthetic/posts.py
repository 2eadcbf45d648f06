"""What people write about titles, brands, properties and talents, and what they feel.

Each entity has a mood that drifts over the months; the sentiment of a post is drawn from it. What
the post is about is told by its id, by its name, by a hashtag, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.synthetic import vocabulary
from marquee.synthetic.catalogue import Titles, numbered_ids
from marquee.synthetic.configuration import DAY_US, HOUR_US, SECOND_US, SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.opinions import NEGATIVE, POSITIVE, Ratings
from marquee.synthetic.rows import Floats, Integers, Rows, draw

POST_TYPES = ("review", "comment", "share", "bookmark")
REVIEW, COMMENT, SHARE, BOOKMARK = range(4)
ENTITY_TYPES = ("title", "brand", "property", "talent")
NAMINGS = ("id", "name", "hashtag", "none")
BY_ID, BY_NAME, BY_HASHTAG, UNNAMED = range(4)

# Posts of a customer in 180 days, apart from reviews.
POST_RATE = 2.5
REVIEW_SHARE = 0.3
"""Of ratings that come with a text."""
TYPE_SHARES = (0.0, 0.68, 0.20, 0.12)
ENTITY_SHARES = (0.50, 0.14, 0.16, 0.20)
NAMING_SHARES = (0.35, 0.30, 0.20, 0.15)
REVIEW_NAMING_SHARES = (0.80, 0.12, 0.05, 0.03)
CUSTOMER_SHARES = (1.0, 0.25, 0.25)
"""Posts of each network whose author is known to be a customer."""
TEXTLESS_SHARE = 0.85
"""Of shares and bookmarks."""
OUTSIDERS_PER_CUSTOMER = 0.6


@dataclass(frozen=True)
class Entities:
    """Whatever posts can be about, by type: titles, brands, properties, talents.

    Attributes:
        entity_type: Index into `ENTITY_TYPES`.
        entity_id: Text.
        name: Text.
        hashtag: Text with the sign, null where the name has other signs than letters and digits.
        popularity: Log weight within its type.
        mood: Of the first day; 0 is neutral.
        drift: Change of the mood over the whole world.
    """

    entity_type: Integers
    entity_id: pa.Array
    name: pa.Array
    hashtag: pa.Array
    popularity: Floats
    mood: Floats
    drift: Floats


@dataclass(frozen=True)
class Posts(Rows):
    """One row a post, in order of its time.

    Attributes:
        number: Unique; printed as the post id, scrambled.
        network: Index into `vocabulary.NETWORK_SHARES`.
        author: Number of a customer, or of an outsider from the count of customers upwards.
        is_customer: Whether the network tells that the author is a customer.
        post_type: Index into `POST_TYPES`.
        entity: Row in `Entities`.
        naming: Index into `NAMINGS`.
        sentiment: Index into `opinions.SENTIMENTS`.
        language: Index into `vocabulary.POST_LANGUAGE_SHARES`.
        phrase: Number that chooses among the phrases.
        opener: Index into `vocabulary.POST_OPENERS`.
        closer: Number that chooses among the closers.
        has_text: Whether there is a text.
        like_count: Integers.
        rating: Row of the rating that a review belongs to, -1 for all else.
        posted_at: Microseconds since 1970, UTC.
        received_at: Microseconds since 1970, UTC.
    """

    number: Integers
    network: Integers
    author: Integers
    is_customer: np.ndarray
    post_type: Integers
    entity: Integers
    naming: Integers
    sentiment: Integers
    language: Integers
    phrase: Integers
    opener: Integers
    closer: Integers
    has_text: np.ndarray
    like_count: Integers
    rating: Integers
    posted_at: Integers
    received_at: Integers


def make_entities(configuration: SyntheticConfiguration, titles: Titles) -> Entities:
    """Return what posts of a world can be about."""
    random = configuration.random("entities")
    title_count = len(titles.runtime_ms)
    known = sorted(set(titles.property_number[titles.property_number >= 0].tolist()))
    names = [
        titles.title_name.tolist(),
        list(vocabulary.BRAND_NAMES),
        [vocabulary.PROPERTY_NAMES[number] for number in known],
        [talent.name for talent in titles.talents],
    ]
    ids = [
        titles.title_id,
        brand_ids(np.arange(len(vocabulary.BRAND_NAMES))),
        property_ids(np.array(known, np.int64)),
        pa.array([talent.talent_id for talent in titles.talents]),
    ]
    sizes = [len(each) for each in names]
    entity_type = np.repeat(np.arange(len(sizes)), sizes)
    every = [name for each in names for name in each]
    total = len(every)
    # Episodes are seldom talked about by themselves.
    popularity = random.normal(0, 1, total)
    popularity[:title_count] = titles.popularity
    popularity[titles.entry_count : title_count] -= 4
    mood = random.normal(0.4, 0.9, total)
    mood[:title_count] += 0.5 * titles.quality
    return Entities(
        entity_type=entity_type,
        entity_id=pa.concat_arrays(ids),
        name=pa.array(every),
        hashtag=pa.array([_hashtag(name) for name in every], pa.string()),
        popularity=popularity,
        mood=mood,
        drift=random.normal(0, 1.2, total),
    )


def brand_ids(numbers: Integers) -> pa.Array:
    """Return the ids of brands by number."""
    return numbered_ids("b", numbers, 3)


def property_ids(numbers: Integers) -> pa.Array:
    """Return the ids of properties by number."""
    return numbered_ids("p", numbers, 4)


def make_posts(
    configuration: SyntheticConfiguration,
    customers: Customers,
    entities: Entities,
    ratings: Ratings,
) -> Posts:
    """Return the posts that were received before the world ends."""
    random = configuration.random("posts")
    reviewed = np.flatnonzero(random.random(len(ratings)) < REVIEW_SHARE)
    others = random.poisson(POST_RATE * len(customers) * configuration.days / 180)
    count = len(reviewed) + others
    is_review = np.arange(count) < len(reviewed)

    def after_review(values: Integers, rest: Integers) -> Integers:
        return np.concatenate([values, rest])

    network = after_review(
        ratings.network[reviewed], draw(random, vocabulary.NETWORK_SHARES.values(), others)
    )
    crowd = round(len(customers) * (1 + OUTSIDERS_PER_CUSTOMER))
    stranger = random.integers(0, crowd, others)
    onsite = random.integers(0, len(customers), others)
    author = np.where(network[len(reviewed) :] == 0, onsite, stranger)
    author = after_review(ratings.customer[reviewed].astype(np.int64), author)
    is_told = random.random(count) < np.array(CUSTOMER_SHARES)[network]

    days = random.random(others) * configuration.days
    posted_at = configuration.start_us + (days * DAY_US).astype(np.int64)
    posted_at = after_review(
        ratings.rated_at[reviewed] + random.integers(5, 120, len(reviewed)) * SECOND_US, posted_at
    )
    # Nobody writes on the service itself before registering there.
    is_early = (author < len(customers)) & (
        posted_at < customers.registered_at[np.minimum(author, len(customers) - 1)]
    )
    progress = (posted_at - configuration.start_us) / (
        configuration.end_us - configuration.start_us
    )
    entity = after_review(
        ratings.title[reviewed].astype(np.int64), _draw_entities(random, entities, others)
    )
    felt = (
        entities.mood[entity] + entities.drift[entity] * progress + random.logistic(0, 0.7, count)
    )
    sentiment = np.where(felt > 0.6, POSITIVE, np.where(felt < -0.6, NEGATIVE, 1))
    sentiment[: len(reviewed)] = ratings.sentiment[reviewed]

    naming = np.where(
        is_review, draw(random, REVIEW_NAMING_SHARES, count), draw(random, NAMING_SHARES, count)
    )
    has_tag = entities.hashtag.is_valid().to_numpy(zero_copy_only=False)[entity]
    naming = np.where((naming == BY_HASHTAG) & ~has_tag, BY_NAME, naming)
    post_type = np.where(is_review, REVIEW, draw(random, TYPE_SHARES, count))
    is_short = (post_type == SHARE) | (post_type == BOOKMARK)
    has_text = ~(is_short & (random.random(count) < TEXTLESS_SHARE))
    # Without a text and without an id a post would be about nothing at all.
    naming = np.where(has_text, naming, BY_ID)
    posts = Posts(
        number=np.arange(count),
        network=network,
        author=author,
        is_customer=is_told & (author < len(customers)),
        post_type=post_type,
        entity=entity,
        naming=naming,
        sentiment=sentiment,
        language=draw(random, vocabulary.POST_LANGUAGE_SHARES.values(), count),
        phrase=random.integers(0, 1 << 30, count),
        opener=draw(random, vocabulary.POST_OPENERS.values(), count),
        closer=random.integers(0, 1 << 30, count),
        has_text=has_text,
        like_count=random.lognormal(0.5, 1.2, count).astype(np.int64),
        rating=after_review(reviewed, np.full(others, -1)),
        posted_at=posted_at,
        received_at=posted_at + random.integers(30, 6 * HOUR_US // SECOND_US, count) * SECOND_US,
    )
    return posts.take(~is_early).until(configuration.end_us, "received_at")


def post_texts(entities: Entities, posts: Posts) -> pa.Array:
    """Return the text of each post, null without one."""
    languages = list(vocabulary.POST_PHRASES)
    before: list[str] = []
    after: list[str] = []
    starts: dict[tuple[int, int], int] = {}
    sizes: dict[tuple[int, int], int] = {}
    for language, by_sentiment in enumerate(vocabulary.POST_PHRASES.values()):
        for sentiment, phrases in enumerate(by_sentiment):
            starts[language, sentiment], sizes[language, sentiment] = len(before), len(phrases)
            before += [phrase.partition("{x}")[0] for phrase in phrases]
            after += [phrase.partition("{x}")[2] for phrase in phrases]
    shape = (len(languages), 3)
    start = np.array(list(starts.values())).reshape(shape)[posts.language, posts.sentiment]
    size = np.array(list(sizes.values())).reshape(shape)[posts.language, posts.sentiment]
    phrase = pa.array(start + posts.phrase % size)

    pronoun = pa.array(list(vocabulary.POST_PRONOUNS.values())).take(pa.array(posts.language))
    entity = pa.array(posts.entity)
    mention = pc.choose(
        pa.array(np.array([0, 1, 2, 0])[posts.naming]),
        pronoun,
        entities.name.take(entity),
        entities.hashtag.take(entity),
    )
    closers = [closer for each in vocabulary.POST_CLOSERS for closer in each]
    per_sentiment = len(vocabulary.POST_CLOSERS[0])
    closer = posts.sentiment * per_sentiment + posts.closer % per_sentiment
    text = pc.binary_join_element_wise(
        pa.array(list(vocabulary.POST_OPENERS)).take(pa.array(posts.opener)),
        pa.array(before).take(phrase),
        mention,
        pa.array(after).take(phrase),
        pa.array(closers).take(pa.array(closer)),
        "",
    )
    return pc.if_else(pa.array(posts.has_text), text, pa.scalar(None, pa.string()))


def author_handles(authors: Integers) -> pa.Array:
    """Return the handle of each author; it tells nothing about the customer id."""
    words = [word.lower() for word in vocabulary.NOUNS]
    # Multiplied by an odd number: no two authors get the same.
    return pa.array(
        [
            f"@{words[author * 7 % len(words)]}_{author * 2_654_435_761 % (1 << 32):x}"
            for author in authors.tolist()
        ],
        pa.string(),
    )


def _hashtag(name: str) -> str | None:
    word = name.replace(" ", "").lower()
    return f"#{word}" if word.isalnum() else None


def _draw_entities(random: np.random.Generator, entities: Entities, count: int) -> Integers:
    """Draw a type, and within the type by popularity."""
    kind = draw(random, ENTITY_SHARES, count)
    chosen = np.zeros(count, np.int64)
    for number in range(len(ENTITY_TYPES)):
        members = np.flatnonzero(entities.entity_type == number)
        weight = np.exp(entities.popularity[members])
        rows = np.flatnonzero(kind == number)
        edges = np.cumsum(weight / weight.sum())
        place = np.searchsorted(edges, random.random(len(rows)), side="right")
        chosen[rows] = members[np.minimum(place, len(members) - 1)]
    return chosen
