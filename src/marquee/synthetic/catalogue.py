"""The titles of the service, who made them, what they belong to and where they may be shown.

Films, tracks, live programmes and series are what a customer chooses from: the *entries*, which
come first among the titles. Episodes come after them; who chooses a series plays its episodes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from marquee.synthetic import vocabulary
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.rows import Booleans, Floats, Integers, draw, places_within

LATENT_COUNT = 6
ZIPF_EXPONENT = 0.9
# A series holds its audience; log weight against a film of the same rank.
SERIES_LIFT = 1.2
SERIES_SHARE, EPISODE_SHARE = 0.05, 0.48
FEWEST_EPISODES = 4
# Log weight of an episode less that of the one before it.
EPISODE_STEP = -0.15
STEADY, RISING, FALLING = 0, 1, 2
RELEASE_STEP_DAYS = 7
# Everywhere and always, everywhere with dates, some countries, ends in the world, ended before.
LICENCE_SHARES = (0.55, 0.20, 0.14, 0.08, 0.03)
FOREVER = 1 << 20


@dataclass(frozen=True)
class LicenceWindow:
    """Where and when a title may be shown; days are numbers of the world, half open."""

    territory_code: str
    from_day: int | None
    to_day: int | None


@dataclass(frozen=True)
class Talent:
    """Somebody who makes titles."""

    talent_id: str
    name: str
    role: str
    genre: int


@dataclass(frozen=True)
class Titles:
    """All titles, one row a title, entries first.

    Attributes:
        title_id: Text.
        eidr_id: Text, null for some.
        title_name: Text, unique.
        title_type: Text.
        description: Text.
        series: Number of the series that an episode belongs to, -1 for all else.
        season_number: Integers, 0 if it is no episode.
        episode_number: Integers, 0 if it is no episode.
        brand: Index into `vocabulary.BRAND_NAMES`.
        property_number: Index into `vocabulary.PROPERTY_NAMES`, -1 for none.
        language: Index into `vocabulary.LANGUAGE_SHARES`.
        minimum_age: Integers, -1 for none.
        release_year: Integers.
        runtime_ms: Integers, 0 for a series.
        genres: Boolean, titles by genres.
        tags: Boolean, titles by tags.
        quality: About standard normal; lifts popularity and ratings.
        popularity: Log weight that all customers share; of an episode, its share in the series.
        vector: Titles by (genres + latent).
        country_shift: Countries by titles, log weight.
        trend: Row of `trend_curves` that says when the title is watched.
        release_day: Day of the world on which it came out, -1 if before.
        licensed_from: Countries by titles, first day of the world with a licence.
        licensed_to: Countries by titles, first day without.
        first_episode: Number of the first episode of each title, which others follow.
        episode_count: Episodes of each title, 0 for all but series.
        windows: Licence windows of each title.
        credits: Places in `talents` of each title, in the order of the credits.
        talents: Everybody who makes titles.
        entry_count: Titles that customers choose from.
    """

    title_id: pa.Array
    eidr_id: pa.Array
    title_name: npt.NDArray[np.str_]
    title_type: npt.NDArray[np.str_]
    description: list[str]
    series: Integers
    season_number: Integers
    episode_number: Integers
    brand: Integers
    property_number: Integers
    language: Integers
    minimum_age: Integers
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
    licensed_from: Integers
    licensed_to: Integers
    first_episode: Integers
    episode_count: Integers
    windows: list[list[LicenceWindow]]
    credits: list[list[int]]
    talents: list[Talent]
    entry_count: int


def numbered_ids(prefix: str, numbers: npt.ArrayLike, width: int) -> pa.Array:
    """Return ids such as `c000123`.

    Args:
        prefix: Text before the digits.
        numbers: Numbers from 0.
        width: Least count of digits.

    Returns:
        Text, as many as numbers.
    """
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=width, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")


def title_ids(numbers: Integers) -> pa.Array:
    """Return the ids of titles by number."""
    return numbered_ids("t", numbers, 5)


def make_titles(configuration: SyntheticConfiguration) -> Titles:
    """Return the titles of a world."""
    random = configuration.random("titles")
    count = configuration.title_count
    series_count = max(3, round(SERIES_SHARE * count))
    episode_total = round(EPISODE_SHARE * count)
    entry_count = count - episode_total
    single_count = entry_count - series_count

    extra = random.multinomial(
        max(0, episode_total - FEWEST_EPISODES * series_count),
        random.dirichlet(np.full(series_count, 1.5)),
    )
    episode_count = np.zeros(count, np.int64)
    episode_count[single_count:entry_count] = FEWEST_EPISODES + extra
    series = np.full(count, -1)
    series[entry_count:] = np.repeat(np.arange(count), episode_count)[:episode_total]
    number = np.zeros(count, np.int64)
    number[entry_count:] = places_within(episode_count)[:episode_total]
    is_episode = series >= 0
    # What an episode has from its series, it takes from that row.
    source = np.where(is_episode, series, np.arange(count))

    shares = np.fromiter(vocabulary.GENRE_SHARES.values(), float)
    genres = _choose_some(random, np.tile(np.log(shares), (count, 1)), 1 + draw(
        random, (0.35, 0.42, 0.23), count
    ))[source]  # fmt: skip
    latent = random.normal(0, 0.7, (count, LATENT_COUNT))[source]
    loadings = random.normal(0, 1, (LATENT_COUNT, len(vocabulary.TITLE_TAGS)))
    tags = _choose_some(random, latent @ loadings, random.integers(0, 5, count))[source]

    title_type, runtime_ms = _types_and_runtimes(random, single_count, entry_count, source)
    quality = random.normal(0, 1, count)[source]
    popularity = _popularities(random, quality, episode_count, number, entry_count)

    trend = draw(random, (0.70, 0.11, 0.11, 0.08), count)
    release_step = random.integers(0, release_steps(configuration), count)
    is_release = trend > FALLING
    release_day = np.where(is_release, release_step * RELEASE_STEP_DAYS, -1)[source]
    latest_year = configuration.start_date.year - 1
    release_year = np.where(
        is_release,
        configuration.end_date.year,
        latest_year - random.exponential(9, count).astype(np.int64).clip(0, 70),
    )[source]
    season_length = random.integers(6, 11, count)[source]
    season = np.where(is_episode, number // season_length + 1, 0)
    episode = np.where(is_episode, number % season_length + 1, 0)

    country_count = len(vocabulary.COUNTRY_SHARES)
    country_taste = random.normal(0, 0.5, (country_count, len(vocabulary.GENRES)))
    weight = genres / np.sqrt(genres.sum(axis=1, keepdims=True))
    own_shift = random.normal(0, 0.5, (country_count, count))[:, source]
    windows = _licence_windows(configuration, release_day[:entry_count])
    windows = [windows[row] for row in source]
    licensed_from, licensed_to = _licensed_days(windows)
    names = _names(random, entry_count)
    talents = _talents(configuration)
    entry_credits = _credits(configuration, talents, title_type[:entry_count], genres[:entry_count])
    credited = [entry_credits[row] for row in source]
    return Titles(
        title_id=title_ids(np.arange(count)),
        eidr_id=_eidr_ids(random, count),
        title_name=np.concatenate([
            names,
            [
                f"{names[row]} S{season_number}E{episode_number:02d}"
                for row, season_number, episode_number in zip(
                    series[entry_count:], season[entry_count:], episode[entry_count:], strict=True
                )
            ],
        ]),
        title_type=title_type,
        description=_descriptions(configuration, genres, tags, credited, talents, source, number),
        series=series,
        season_number=season,
        episode_number=episode,
        brand=random.integers(0, len(vocabulary.BRAND_NAMES), count)[source],
        property_number=_properties(random, entry_count)[source],
        language=draw(random, vocabulary.LANGUAGE_SHARES.values(), count)[source],
        minimum_age=_minimum_ages(random, genres[:entry_count])[source],
        release_year=release_year,
        runtime_ms=runtime_ms,
        genres=genres,
        tags=tags,
        quality=quality,
        popularity=popularity,
        vector=np.hstack([weight, latent]),
        country_shift=country_taste @ weight.T + own_shift,
        trend=(trend + np.where(is_release, release_step, 0))[source],
        release_day=release_day,
        licensed_from=licensed_from,
        licensed_to=licensed_to,
        first_episode=entry_count + np.cumsum(episode_count) - episode_count,
        episode_count=episode_count,
        windows=windows,
        credits=credited,
        talents=talents,
        entry_count=entry_count,
    )  # fmt: skip


def trend_curves(configuration: SyntheticConfiguration) -> Floats:
    """Return how much titles of each trend are in demand on each day, at most 1.

    Returns:
        Trends by days: steady, rising, falling, then one row a release step.
    """
    day = np.arange(configuration.days)
    release = np.arange(release_steps(configuration)) * RELEASE_STEP_DAYS
    age = day - release[:, None]
    progress = day / configuration.days
    return np.vstack([
        np.full(configuration.days, 0.6),
        0.12 + 0.88 * progress,
        1 - 0.88 * progress,
        np.where(age >= 0, 0.2 + 0.8 * np.exp(-np.maximum(age, 0) / 21), 0),
    ])  # fmt: skip


def release_steps(configuration: SyntheticConfiguration) -> int:
    """Return on how many days titles come out."""
    return configuration.days // RELEASE_STEP_DAYS


def _choose_some(random: np.random.Generator, log_weights: Floats, counts: Integers) -> Booleans:
    """Draw `counts` columns a row without replacement (Gumbel top-k): rows by columns."""
    order = np.argsort(-(log_weights + random.gumbel(size=log_weights.shape)), axis=1)
    place = np.argsort(order, axis=1)
    chosen: Booleans = place < counts[:, None]
    return chosen


def _types_and_runtimes(
    random: np.random.Generator, single_count: int, entry_count: int, source: Integers
) -> tuple[npt.NDArray[np.str_], Integers]:
    types = vocabulary.TITLE_TYPES
    count = len(source)
    kind = draw(random, [share for share, _, _ in types.values()], count)
    shortest = np.array([low for _, low, _ in types.values()])[kind]
    longest = np.array([high for _, _, high in types.values()])[kind]
    title_type = np.array([*types, "series", "episode"])[kind]
    title_type[single_count:entry_count] = "series"
    title_type[entry_count:] = "episode"
    runtime_ms = random.integers(shortest * 60_000, longest * 60_000)
    runtime_ms[single_count:entry_count] = 0
    # The episodes of a series are of about the same length.
    usual = random.integers(17 * 60_000, 46 * 60_000, count)[source[entry_count:]]
    runtime_ms[entry_count:] = usual * random.uniform(0.92, 1.08, count - entry_count)
    return title_type, runtime_ms


def _popularities(
    random: np.random.Generator,
    quality: Floats,
    episode_count: Integers,
    number: Integers,
    entry_count: int,
) -> Floats:
    """Return log weights: Zipf over a rank of the entries that follows quality, with luck."""
    luck = quality[:entry_count] + random.normal(0, 1, entry_count)
    rank = np.empty(entry_count)
    rank[np.argsort(-luck)] = np.arange(entry_count)
    popularity = np.empty(len(quality))
    popularity[:entry_count] = -ZIPF_EXPONENT * np.log(rank + 2)
    popularity[:entry_count] += SERIES_LIFT * (episode_count[:entry_count] > 0)
    step = EPISODE_STEP * number[entry_count:]
    counts = episode_count[:entry_count]
    totals = np.array([np.exp(EPISODE_STEP * np.arange(each)).sum() for each in counts])
    popularity[entry_count:] = step - np.log(np.repeat(totals, counts)[: len(step)])
    return popularity


def _licence_windows(
    configuration: SyntheticConfiguration, release_day: Integers
) -> list[list[LicenceWindow]]:
    """Return the windows of each entry; none where it may be shown everywhere and always."""
    random = configuration.random("licences")
    days, countries = configuration.days, list(vocabulary.COUNTRY_SHARES)
    kinds = draw(random, LICENCE_SHARES, len(release_day))
    windows: list[list[LicenceWindow]] = []
    for kind, released in zip(kinds.tolist(), release_day.tolist(), strict=True):
        start = released if released >= 0 else -int(random.integers(30, 900))
        to_day = days + int(random.integers(1, 700))
        ends = int(random.integers(max(1, days // 4), days))
        ended = -int(random.integers(1, 30))
        chosen = random.permutation(len(countries))[: int(random.integers(2, 6))]
        if kind == 0:
            windows.append([])
        elif kind == 1:
            windows.append([LicenceWindow("WW", start, to_day if to_day % 2 else None)])
        elif kind == 2:
            windows.append([
                LicenceWindow(
                    countries[place], start, [None, to_day, max(ends, start + 7)][n % 3]
                )
                for n, place in enumerate(sorted(chosen.tolist()))
            ])  # fmt: skip
        elif kind == 3:
            windows.append([LicenceWindow("WW", start, max(ends, start + 7))])
        else:
            windows.append([LicenceWindow("WW", min(start, ended - 60), ended)])
    return windows


def _licensed_days(windows: list[list[LicenceWindow]]) -> tuple[Integers, Integers]:
    """Return first day with, and first day without a licence: each countries by titles."""
    countries = {code: place for place, code in enumerate(vocabulary.COUNTRY_SHARES)}
    first = np.full((len(countries), len(windows)), -FOREVER)
    last = np.full((len(countries), len(windows)), FOREVER)
    for title, each in enumerate(windows):
        if each:
            last[:, title] = -FOREVER
        for window in each:
            is_everywhere = window.territory_code == "WW"
            place = slice(None) if is_everywhere else countries[window.territory_code]
            first[place, title] = -FOREVER if window.from_day is None else window.from_day
            last[place, title] = FOREVER if window.to_day is None else window.to_day
    return first, last


def _eidr_ids(random: np.random.Generator, count: int) -> pa.Array:
    digits = random.integers(0, 1 << 16, (count, 5))
    ids = [
        "10.5240/" + "-".join(f"{part:04X}" for part in row) + f"-{chr(65 + sum(row) % 26)}"
        for row in digits.tolist()
    ]
    is_missing = random.random(count) < 0.05
    return pa.array(np.array(ids), mask=is_missing)


def _properties(random: np.random.Generator, entry_count: int) -> Integers:
    """Return the property of each entry, -1 for most; a property has about four entries."""
    known = min(len(vocabulary.PROPERTY_NAMES), max(3, entry_count // 16))
    belongs = random.random(entry_count) < 0.25
    return np.where(belongs, random.integers(0, known, entry_count), -1)


def _minimum_ages(random: np.random.Generator, genres: Booleans) -> Integers:
    ages = np.array([vocabulary.GENRE_AGES.get(name, 0) for name in vocabulary.GENRES])
    highest = (genres * ages).max(axis=1)
    return np.where(random.random(len(genres)) < 0.06, -1, highest)


def _talents(configuration: SyntheticConfiguration) -> list[Talent]:
    random = configuration.random("talents")
    given = [name for names in vocabulary.GIVEN_NAMES for name in names]
    family = [name for names in vocabulary.FAMILY_NAMES for name in names]
    count = min(max(40, configuration.title_count // 5), len(given) * len(family) // 4)
    chosen = random.choice(len(given) * len(family), count, replace=False)
    names = dict.fromkeys(
        f"{given[place // len(family)]} {family[place % len(family)]}" for place in chosen.tolist()
    )
    roles = list(vocabulary.TALENT_ROLES)
    role = draw(random, vocabulary.TALENT_ROLES.values(), len(names))
    # One of each, however small the world.
    role[: len(roles)] = np.arange(len(roles))
    genre = draw(random, vocabulary.GENRE_SHARES.values(), len(names))
    return [
        Talent(f"n{number:05d}", name, roles[role[number]], int(genre[number]))
        for number, name in enumerate(names)
    ]


def _credits(
    configuration: SyntheticConfiguration,
    talents: list[Talent],
    title_type: npt.NDArray[np.str_],
    genres: Booleans,
) -> list[list[int]]:
    """Return who made each entry; whoever is at home in one of its genres comes first."""
    random = configuration.random("credits")
    genre = np.array([talent.genre for talent in talents])
    by_role = {
        role: np.array([place for place, each in enumerate(talents) if each.role == role])
        for role in vocabulary.TALENT_ROLES
    }
    casts = {
        "film": (("director", 1), ("writer", 1), ("actor", 4)),
        "series": (("writer", 1), ("actor", 4)),
        "track": (("musician", 1),),
        "live": (("presenter", 1), ("musician", 1)),
    }
    found = []
    for kind, own in zip(title_type.tolist(), genres, strict=True):
        row: list[int] = []
        for role, most in casts[kind]:
            candidates = by_role[role]
            preference = own[genre[candidates]] * 2.5 + random.gumbel(size=len(candidates))
            count = int(random.integers(1, most + 1))
            row += candidates[np.argsort(-preference)[:count]].tolist()
        found.append(row)
    return found


def _descriptions(
    configuration: SyntheticConfiguration,
    genres: Booleans,
    tags: Booleans,
    credited: list[list[int]],
    talents: list[Talent],
    source: Integers,
    number: Integers,
) -> list[str]:
    """Return a description a title, in words that its genres, tags and talents suggest."""
    random = configuration.random("descriptions")
    places = random.integers(0, len(vocabulary.PLACES), len(genres))[source].tolist()
    phrases = [vocabulary.GENRE_PHRASES[name] for name in vocabulary.GENRES]
    texts = []
    for title, made_by in enumerate(credited):
        told = " and ".join(phrases[place] for place in np.flatnonzero(genres[title]).tolist())
        text = f"{told[0].upper()}{told[1:]}, set in {vocabulary.PLACES[places[title]]}"
        if made_by:
            text += f", with {', '.join(talents[place].name for place in made_by[:3])}"
        words = [vocabulary.TITLE_TAGS[place] for place in np.flatnonzero(tags[title]).tolist()]
        text += f". {', '.join(words).capitalize()}." if words else "."
        if source[title] != title:
            text = f"Part {number[title] + 1}: {text}"
        texts.append(text)
    return texts


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
    part = np.empty(count, np.int64)
    part[order] = places_within(occurrences) + 1
    return np.where(part > 1, _joined((names, " ", part.astype(np.str_))), names)


def _joined(parts: Collection[npt.NDArray[np.str_] | str]) -> npt.NDArray[np.str_]:
    joined = np.array("")
    for part in parts:
        joined = np.strings.add(joined, np.asarray(part))
    return joined


def world_date(configuration: SyntheticConfiguration, day: int) -> date:
    """Return the date of a day of the world; days before it are negative."""
    return configuration.start_date + timedelta(days=day)
