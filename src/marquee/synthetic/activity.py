"""Everything that reaches the collectors: browsing, playing and crawlers, on one clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from marquee.synthetic import vocabulary
from marquee.synthetic.advertising import (
    MID_ROLL,
    POST_ROLL,
    PRE_ROLL,
    Creatives,
    Impressions,
    make_breaks,
    make_creatives,
)
from marquee.synthetic.catalogue import Titles
from marquee.synthetic.choices import licensed, make_choices
from marquee.synthetic.configuration import DAY_US, HOUR_US, SECOND_US, SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.devices import Devices
from marquee.synthetic.lives import Lives
from marquee.synthetic.playback import (
    BROWSE,
    CLICK,
    IMPRESSION,
    NOTHING,
    SEARCH,
    PlayerEvents,
    Plays,
    make_player_events,
    make_plays,
)
from marquee.synthetic.rows import Booleans, Floats, Integers, Rows
from marquee.synthetic.sessions import (
    LATE,
    NEVER,
    Sessions,
    make_sessions,
    without_overlap,
)

BROWSE_RATE, SEARCH_RATE, SHOWN_TITLES, CLICK_RATE = 0.55, 0.10, 0.45, 0.75
# Delays of events that come late: 1 hour to 90 days, most within days (Pareto).
LATE_EXPONENT, LATEST_US = 0.55, 90 * DAY_US
BOT_BURST_US = 2 * HOUR_US
BOT_CLICK_RATE = 0.3


@dataclass(frozen=True)
class Events(Rows):
    """One row an event, without customer and device, which its session tells.

    Attributes:
        number: Unique; printed as the event id, scrambled.
        session: Number of the session; -1 - n is the n-th crawler.
        title: Number of the title, -1 for none.
        event_type: Index into `playback.EVENT_TYPES`.
        position_ms: Milliseconds, -1 for none.
        duration_ms: Milliseconds, -1 for none.
        detail: Index of the bit rate, error code or search text, -1 for none.
        is_anonymous: Whether nobody is logged in.
        event_at: Microseconds since 1970, UTC, by the clock of the device.
        received_at: Microseconds since 1970, UTC.
    """

    number: npt.NDArray[np.int64]
    session: npt.NDArray[np.int32]
    title: npt.NDArray[np.int32]
    event_type: npt.NDArray[np.int8]
    position_ms: npt.NDArray[np.int32]
    duration_ms: npt.NDArray[np.int32]
    detail: npt.NDArray[np.int16]
    is_anonymous: Booleans
    event_at: npt.NDArray[np.int64]
    received_at: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Activity:
    """What customers do.

    Attributes:
        sessions: All sessions.
        plays: All plays that began within the world.
        played_at: When each began, microseconds since 1970 by the true clock.
        events: Events received before the world ends, in order of receipt.
        creatives: All creatives.
        impressions: Ads shown.
        break_at: When the break of each impression began by the true clock.
    """

    sessions: Sessions
    plays: Plays
    played_at: Integers
    events: Events
    creatives: Creatives
    impressions: Impressions
    break_at: Integers


def make_activity(
    configuration: SyntheticConfiguration,
    titles: Titles,
    customers: Customers,
    devices: Devices,
    lives: Lives,
) -> Activity:
    """Return what all customers do in a world."""
    sessions = make_sessions(configuration, customers, devices, lives)
    choices = make_choices(configuration, titles, customers, sessions)
    plays = make_plays(configuration, titles, lives, sessions, choices)
    creatives = make_creatives(configuration)
    breaks, impressions = make_breaks(
        configuration,
        creatives,
        plays.playing_ms,
        _has_ads(lives, sessions, plays),
        customers.segment[plays.customer],
    )
    player, wall_ms, began_ms = make_player_events(configuration, plays, breaks)
    schedule = _schedule(configuration, sessions, plays, creatives, impressions, wall_ms)
    sessions = without_overlap(sessions, schedule.lasts_ms * 1_000)
    played_at = sessions.started_at[plays.session] + schedule.offset_ms * 1_000
    break_at = _break_times(plays, impressions, schedule, played_at, wall_ms, began_ms)
    events = _player_rows(sessions, plays, player, played_at).followed_by(
        *_browsing_rows(configuration, titles, customers, sessions, plays, schedule, played_at)
    )
    events = _received(configuration, devices, sessions, events)
    return Activity(sessions, plays, played_at, events, creatives, impressions, break_at)


@dataclass(frozen=True)
class _Schedule:
    """When plays begin in their sessions.

    Attributes:
        lead_ms: From the end of what came before to the click, a play each.
        pre_roll_ms: Ads before the play.
        post_roll_ms: Ads after it.
        offset_ms: From the start of the session to the first picture, a play each.
        lasts_ms: From the start of a session to the earliest start of the next.
        browsed_ms: From the start of a session to the first click or its end.
    """

    lead_ms: Integers
    pre_roll_ms: Integers
    post_roll_ms: Integers
    offset_ms: Integers
    lasts_ms: Integers
    browsed_ms: Integers


def _has_ads(lives: Lives, sessions: Sessions, plays: Plays) -> Booleans:
    """Return whether the plan of the customer on the day of each play has ads."""
    day = sessions.day[plays.session]
    row = lives.subscription[day, plays.customer]
    subscriptions = lives.subscriptions
    plan = np.where(
        subscriptions.change_day[row] <= day, subscriptions.new_plan[row], subscriptions.plan[row]
    )
    has_ads = np.array([tier == "basic" for _, tier, *_ in vocabulary.PLANS.values()])
    shown: Booleans = (row >= 0) & has_ads[plan]
    return shown


def _schedule(
    configuration: SyntheticConfiguration,
    sessions: Sessions,
    plays: Plays,
    creatives: Creatives,
    impressions: Impressions,
    wall_ms: Integers,
) -> _Schedule:
    random = configuration.random("schedule")
    count, session_count = len(plays), len(sessions)
    shown = impressions.share * creatives.duration_ms[impressions.creative]

    def ads_ms(kind: int) -> Integers:
        chosen = impressions.break_type == kind
        total = np.bincount(impressions.play[chosen], np.rint(shown[chosen]), count)
        return total.astype(np.int64)

    pre_roll, post_roll = ads_ms(PRE_ROLL), ads_ms(POST_ROLL)
    is_automatic = plays.is_next & (plays.place > 0)
    lead = np.where(
        is_automatic, random.integers(3_000, 12_000, count), random.integers(8_000, 120_000, count)
    )
    # A click, the ads, the start-up, then the first picture.
    before = lead + pre_roll + plays.startup_ms + 300
    after = wall_ms + post_roll + 1_000
    length = np.cumsum(before + after)
    counts = np.bincount(plays.session, minlength=session_count)
    first = np.cumsum(counts) - counts
    start = np.concatenate([[0], length])[first]
    browsed = random.integers(5_000, 240_000, session_count)
    has_plays = counts > 0
    browsed[has_plays] = lead[first[has_plays]]
    total = np.bincount(plays.session, before + after, session_count).astype(np.int64)
    return _Schedule(
        lead_ms=lead,
        pre_roll_ms=pre_roll,
        post_roll_ms=post_roll,
        offset_ms=length - after - start[plays.session],
        lasts_ms=np.where(has_plays, total, browsed)
        + random.integers(60_000, 600_000, session_count),
        browsed_ms=browsed,
    )


def _break_times(
    plays: Plays,
    impressions: Impressions,
    schedule: _Schedule,
    played_at: Integers,
    wall_ms: Integers,
    began_ms: Integers,
) -> Integers:
    """Return when the break of each impression begins."""
    play = impressions.play
    offsets = np.zeros(len(impressions), np.int64)
    pre, post = impressions.break_type == PRE_ROLL, impressions.break_type == POST_ROLL
    mid = impressions.break_type == MID_ROLL
    offsets[pre] = -(plays.startup_ms + schedule.pre_roll_ms)[play[pre]]
    offsets[mid] = began_ms[impressions.mid_roll[mid]]
    offsets[post] = wall_ms[play[post]] + 500
    times: Integers = played_at[play] + offsets * 1_000
    return times


def _player_rows(
    sessions: Sessions, plays: Plays, player: PlayerEvents, played_at: Integers
) -> Events:
    session = plays.session[player.play].astype(np.int32)
    event_at = played_at[player.play] + player.at_ms.astype(np.int64) * 1_000
    return Events(
        number=np.zeros(len(player), np.int64),
        session=session,
        title=plays.title[player.play],
        event_type=player.event_type,
        position_ms=player.position_ms,
        duration_ms=player.duration_ms,
        detail=player.detail,
        is_anonymous=(sessions.login == NEVER)[session],
        event_at=event_at,
        received_at=event_at,
    )


def _browsing_rows(
    configuration: SyntheticConfiguration,
    titles: Titles,
    customers: Customers,
    sessions: Sessions,
    plays: Plays,
    schedule: _Schedule,
    played_at: Integers,
) -> list[Events]:
    """Return what happens beside playing."""
    random = configuration.random("browsing")
    session_count = len(sessions)
    started = sessions.started_at
    browsed = schedule.browsed_ms * 1_000

    def rows(
        event_type: int,
        session: Integers,
        event_at: Integers,
        title: Integers | None = None,
        detail: Integers | None = None,
        is_first: Booleans | bool = True,
    ) -> Events:
        nothing = np.full(len(session), NOTHING)
        login = sessions.login[session]
        return Events(
            number=np.zeros(len(session), np.int64),
            session=session.astype(np.int32),
            title=(nothing if title is None else title).astype(np.int32),
            event_type=np.full(len(session), event_type, np.int8),
            position_ms=nothing.astype(np.int32),
            duration_ms=nothing.astype(np.int32),
            detail=(nothing if detail is None else detail).astype(np.int16),
            is_anonymous=(login == NEVER) | ((login == LATE) & is_first),
            event_at=event_at,
            received_at=event_at,
        )

    def moments(session: Integers) -> Integers:
        """Some time after the start and before the first click."""
        passed = random.uniform(0.05, 0.9, len(session)) * browsed[session]
        return started[session] + passed.astype(np.int64)

    browses = np.flatnonzero(random.random(session_count) < BROWSE_RATE)
    searches = np.flatnonzero(random.random(session_count) < SEARCH_RATE)
    texts = random.integers(0, len(vocabulary.SEARCH_TEXTS), len(searches))

    # What is on the first page: popular titles that the customer may see.
    shown = np.repeat(np.arange(session_count), random.poisson(SHOWN_TITLES, session_count))
    entries = np.argsort(-titles.popularity[: titles.entry_count], kind="stable")
    rank = (titles.entry_count * random.random(len(shown)) ** 3).astype(np.int64)
    title = entries[rank]
    country = customers.country[sessions.customer[shown]]
    may_see = licensed(titles, title, country, sessions.day[shown])
    shown, title = shown[may_see], title[may_see]
    seen_at = moments(shown)
    has_plays = np.bincount(plays.session, minlength=session_count) > 0
    opens = ~has_plays[shown] & (random.random(len(shown)) < 0.4)

    is_first = plays.place == 0
    clicked_at = played_at - (schedule.pre_roll_ms + plays.startup_ms + 300) * 1_000
    lead = schedule.lead_ms * 1_000
    chosen = np.flatnonzero(~plays.is_next | is_first)
    impressed_at = clicked_at - (random.uniform(0.05, 0.6, len(lead)) * lead).astype(np.int64)
    clicks = chosen[random.random(len(chosen)) < CLICK_RATE]
    return [
        rows(BROWSE, browses, started[browses]),
        rows(SEARCH, searches, moments(searches), detail=texts),
        rows(IMPRESSION, shown, seen_at, title),
        rows(CLICK, shown[opens], seen_at[opens] + 2 * SECOND_US, title[opens]),
        rows(
            IMPRESSION,
            plays.session[chosen],
            impressed_at[chosen],
            plays.title[chosen],
            is_first=is_first[chosen],
        ),
        rows(
            CLICK,
            plays.session[clicks],
            clicked_at[clicks],
            plays.title[clicks],
            is_first=is_first[clicks],
        ),
    ]


def _received(
    configuration: SyntheticConfiguration, devices: Devices, sessions: Sessions, events: Events
) -> Events:
    """Return the events of people and crawlers as they come in, by the clocks of the devices."""
    random = configuration.random("delays")
    events = events.followed_by(_bot_rows(configuration, len(events)))
    count = len(events)
    delay = random.integers(200_000, 20 * SECOND_US, count)
    late = np.flatnonzero(random.random(count) < configuration.late_rate)
    tail: Floats = HOUR_US * (1 - random.random(len(late))) ** (-1 / LATE_EXPONENT)
    delay[late] += np.minimum(tail, LATEST_US).astype(np.int64)
    received_at = events.event_at + delay
    skew = np.append(devices.clock_skew[sessions.device], 0)
    # The last entry stands for the crawlers, whose clocks are right.
    place = np.where(events.session < 0, len(skew) - 1, events.session)
    order = np.argsort(received_at, kind="stable")
    order = order[: np.searchsorted(received_at[order], configuration.end_us)]
    ordered = replace(
        events,
        event_at=events.event_at + skew[place],
        received_at=received_at,
    ).take(order)
    return replace(ordered, number=order)


def _bot_rows(configuration: SyntheticConfiguration, people: int) -> Events:
    """Return what crawlers do: bursts of impressions and clicks of all titles."""
    random = configuration.random("crawlers")
    count = round(configuration.bot_rate * people)
    bursts = max(1, configuration.days // 4)
    burst = random.integers(0, bursts, count)
    begins = random.integers(configuration.start_us, configuration.end_us - BOT_BURST_US, bursts)
    bot = random.integers(0, len(vocabulary.BOT_USER_AGENTS), bursts)
    event_at = begins[burst] + random.integers(0, BOT_BURST_US // 1_000, count) * 1_000
    nothing = np.full(count, NOTHING)
    return Events(
        number=np.zeros(count, np.int64),
        session=(-1 - bot[burst]).astype(np.int32),
        title=random.integers(0, configuration.title_count, count).astype(np.int32),
        event_type=np.where(random.random(count) < BOT_CLICK_RATE, CLICK, IMPRESSION).astype(
            np.int8
        ),
        position_ms=nothing.astype(np.int32),
        duration_ms=nothing.astype(np.int32),
        detail=nothing.astype(np.int16),
        is_anonymous=np.ones(count, np.bool_),
        event_at=event_at,
        received_at=event_at,
    )
