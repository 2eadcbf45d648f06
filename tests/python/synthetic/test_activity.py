"""What is played when, in which order, and what players tell of it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from marquee.synthetic import SyntheticConfiguration
from marquee.synthetic.catalogue import FALLING, RISING
from marquee.synthetic.choices import licensed
from marquee.synthetic.configuration import DAY_US
from marquee.synthetic.generation import make_world
from marquee.synthetic.playback import (
    AD_END,
    AD_START,
    BUFFER,
    FAILED,
    HEARTBEAT,
    HEARTBEAT_MS,
    PAUSE,
    PLAY,
    SEEK,
    STOP,
    STOPPED,
)
from marquee.synthetic.truth import World

CONFIGURATION = SyntheticConfiguration(scale=0.02, seed=11)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(CONFIGURATION)


def play_days(world: World) -> np.ndarray:
    return world.activity.sessions.day[world.activity.plays.session].astype(np.int64)


def test_only_what_is_out_and_licensed_is_played(world: World) -> None:
    plays, titles = world.activity.plays, world.titles
    country = world.customers.country[plays.customer]
    assert licensed(titles, plays.title, country, play_days(world)).all()
    assert (titles.title_type[plays.title] != "series").all()
    only_some = np.array([
        bool(windows) and windows[0].territory_code != "WW" for windows in titles.windows
    ])  # fmt: skip
    assert only_some[plays.title].mean() > 0.02
    ended = titles.licensed_to.max(axis=0) < CONFIGURATION.days
    assert ended[plays.title].any()


def test_only_subscribers_play(world: World) -> None:
    plays, lives = world.activity.plays, world.lives
    assert (lives.subscription[play_days(world), plays.customer] >= 0).all()
    row = lives.subscription[play_days(world), plays.customer]
    assert (play_days(world) < lives.subscriptions.end_day[row]).all()
    assert (play_days(world) > lives.subscriptions.start_day[row]).all()


def test_episodes_are_played_in_order(world: World) -> None:
    plays, titles = world.activity.plays, world.titles
    series = titles.series[plays.title]
    order = np.lexsort([world.activity.played_at, series, plays.customer])
    order = order[series[order] >= 0]
    title, key = plays.title[order], plays.customer[order].astype(np.int64) * 10_000 + series[order]
    number = title - titles.first_episode[series[order]]
    same = key[1:] == key[:-1]
    first = np.concatenate([[True], ~same])
    assert (number[first] == 0).all()
    count = titles.episode_count[series[order]][1:]
    assert (number[1:][same] == ((number[:-1] + 1) % count)[same]).all()
    assert same.mean() > 0.6


def test_who_likes_a_series_goes_on_with_it(world: World) -> None:
    plays = world.activity.plays
    is_episode = world.titles.series[plays.title] >= 0
    liked = plays.affinity > np.median(plays.affinity[is_episode])
    assert (
        plays.is_next[is_episode & liked].mean() > plays.is_next[is_episode & ~liked].mean() + 0.1
    )


def test_sessions_of_a_customer_do_not_overlap(world: World) -> None:
    sessions, plays = world.activity.sessions, world.activity.plays
    same = sessions.customer[1:] == sessions.customer[:-1]
    assert (np.diff(sessions.started_at)[same] > 0).all()
    ends = world.activity.played_at + plays.playing_ms * 1_000
    next_start = np.append(sessions.started_at[1:], 0)[plays.session]
    has_next = np.append(same, False)[plays.session]
    assert (ends[has_next] < next_start[has_next]).all()
    in_session = plays.session[1:] == plays.session[:-1]
    assert (ends[:-1] < world.activity.played_at[1:])[in_session].all()


def test_some_titles_rise_and_some_fall(world: World) -> None:
    trend = world.titles.trend[world.activity.plays.title]
    days = play_days(world)
    assert days[trend == RISING].mean() - days[trend == FALLING].mean() > 20


def test_released_titles_are_played_most_at_first(world: World) -> None:
    release_day = world.titles.release_day[world.activity.plays.title]
    age = play_days(world) - release_day
    # Only those with eight weeks to go, so that both windows are complete.
    whole = (release_day >= 0) & (release_day < CONFIGURATION.days - 56)
    first, later = (whole & (age < 14)).sum(), (whole & (age >= 42) & (age < 56)).sum()
    assert first > 1.4 * later > 0


def test_evenings_and_weekends_are_busiest(world: World) -> None:
    started_at = world.activity.sessions.started_at
    hour = started_at // (DAY_US // 24) % 24
    assert np.bincount(hour, minlength=24)[18:22].sum() > 2 * (hour < 4).sum()
    weekend = (started_at // DAY_US + 3) % 7 >= 5
    assert weekend.mean() > 1.2 * 2 / 7


def test_segments_differ_in_how_much_and_when(world: World) -> None:
    counts = np.bincount(world.activity.sessions.customer, minlength=len(world.customers))
    segment = world.customers.segment
    assert counts[segment == 0].mean() > 1.4 * counts[segment == 6].mean()
    hour = world.activity.sessions.started_at // (DAY_US // 24) % 24
    own = segment[world.activity.sessions.customer]
    at_night = (hour >= 22) | (hour < 4)
    assert at_night[own == 7].mean() > 2 * at_night[own == 0].mean()


def test_players_tell_a_play_in_order_and_within_the_title(world: World) -> None:
    events, plays = world.activity.events, world.activity.plays
    is_player = events.position_ms >= 0
    runtime = world.titles.runtime_ms[events.title[is_player]]
    assert (events.position_ms[is_player] <= runtime).all()
    stops = events.event_type == STOP
    assert stops.sum() <= (plays.ending == STOPPED).sum()
    beats = (events.event_type == HEARTBEAT).sum()
    assert 0.95 < beats / ((plays.playing_ms - 1).clip(0) // HEARTBEAT_MS).sum() <= 1
    assert (events.duration_ms[events.event_type == BUFFER] >= 200).all()
    assert len(np.unique(events.number)) == len(events)


def test_watched_time_follows_from_the_events_of_a_play(world: World) -> None:
    """A slow, obvious reader: positions between events that play make up what was watched."""
    configuration = SyntheticConfiguration(
        scale=0.003, days=30, seed=3, late_rate=0, bot_rate=0, extract_interval_days=7
    )
    small = make_world(configuration)
    events, plays = small.activity.events, small.activity.plays
    sessions = small.activity.sessions
    by_session: dict[int, list[tuple[int, int, int, int, int]]] = {}
    skew = small.devices.clock_skew[sessions.device]
    for row in np.lexsort([events.received_at, events.event_at]).tolist():
        if events.position_ms[row] >= 0 or events.event_type[row] == PLAY:
            session = int(events.session[row])
            by_session.setdefault(session, []).append((
                int(events.event_at[row]) - int(skew[session]),
                int(events.event_type[row]),
                int(events.title[row]),
                int(events.position_ms[row]),
                int(events.number[row]),
            ))  # fmt: skip
    checked = 0
    for number in range(len(plays)):
        starts = int(small.activity.played_at[number])
        session = int(plays.session[number])
        following = [
            int(small.activity.played_at[other])
            for other in range(number + 1, min(number + 2, len(plays)))
            if plays.session[other] == session
        ]
        own = [
            event
            for event in by_session.get(session, [])
            if starts <= event[0] < (following[0] if following else starts + DAY_US)
        ]
        if plays.ending[number] != STOPPED or not own or own[-1][1] != STOP:
            continue
        own.sort(key=lambda event: (event[0], event[1] == AD_END))
        seen = np.zeros(int(small.titles.runtime_ms[plays.title[number]]) + 1, np.bool_)
        is_playing, at, position = False, 0, 0
        for moment, kind, _, where, _ in own:
            if is_playing and kind != SEEK:
                assert where >= position
                assert where - position <= (moment - at) // 1_000 + 1
                seen[position:where] = True
            elif kind == SEEK and is_playing:
                seen[position : position + min((moment - at) // 1_000, len(seen))] = True
            is_playing = kind not in (PAUSE, AD_START, STOP)
            at, position = moment, where
        # Until a seek nothing tells how long the player waited before it: two seconds at most.
        assert abs(int(seen.sum()) - int(plays.watched_ms[number])) <= 2_000
        checked += 1
    assert checked > 100


def test_failed_plays_have_an_error_and_no_heartbeat(world: World) -> None:
    plays = world.activity.plays
    failed = plays.ending == FAILED
    assert 0.003 < failed.mean() < 0.03
    assert (plays.playing_ms[failed] == 0).all()
    bad = plays.has_bad_quality
    assert failed[bad].mean() > 3 * failed[~bad].mean()


def test_titles_that_were_not_finished_are_resumed(world: World) -> None:
    plays = world.activity.plays
    resumed = np.flatnonzero(plays.start_ms > 0)
    assert len(resumed) > 20
    pairs = plays.customer.astype(np.int64) * 10_000 + plays.title
    for row in resumed[:50].tolist():
        assert (pairs[:row] == pairs[row]).sum() == 1


def test_weekly_extracts_follow_each_other() -> None:
    days = CONFIGURATION.extract_days(7)
    assert {later - earlier for earlier, later in pairwise(days)} == {7}
