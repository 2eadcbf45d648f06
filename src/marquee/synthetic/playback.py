"""What happens while a title is played, to the millisecond.

A play has a clock of its own: milliseconds of playing from 0 to `playing_ms`. Whatever interrupts
it (a pause, a stall, an ad break) happens at a reading of that clock and holds it for a while. So
the position in the title follows from the clock alone, and the time of day from the clock and the
holds before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marquee.synthetic import vocabulary
from marquee.synthetic.advertising import AdBreaks
from marquee.synthetic.catalogue import Titles
from marquee.synthetic.choices import Choices
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.lives import Lives
from marquee.synthetic.rows import Booleans, Floats, Integers, Rows, occurrences
from marquee.synthetic.sessions import Sessions

EVENT_TYPES = (
    "browse", "search", "impression", "click", "play", "heartbeat", "pause", "seek", "buffer",
    "quality_change", "ad_start", "ad_end", "error", "stop",
)  # fmt: skip
(
    BROWSE, SEARCH, IMPRESSION, CLICK, PLAY, HEARTBEAT, PAUSE, SEEK, BUFFER,
    QUALITY_CHANGE, AD_START, AD_END, ERROR, STOP,
) = range(len(EVENT_TYPES))  # fmt: skip
NOTHING = -1
"""Stands for null in positions, durations and details."""

HEARTBEAT_MS = 600_000
# How a play ends: by a stop, in silence, by an error, or before it began.
STOPPED, SILENT, BROKEN, FAILED = range(4)
COMPLETED_SHARE = 0.93
COMPLETION = (1.45, 0.35)
"""Logit of completing: how rare it is, and how much affinity helps."""
FAILED_RATE, BROKEN_RATE, SILENT_RATE = 0.006, 0.004, 0.05
PAUSE_RATE, SEEK_RATE, CHANGE_RATE = 0.20, 0.12, 0.35
STALL_RATE = 0.10
# In a spell of bad quality everything that can go wrong does so that much more often.
BAD_QUALITY = 7.0
LONGEST_PAUSE_MS, LONG_PAUSE_SHARE = 19 * 60_000, 0.05
SHORTEST_PLAY_MS = 3_000


@dataclass(frozen=True)
class Plays(Rows):
    """One row a play, in order of session and place in it.

    Attributes:
        session: Number of the session.
        place: Place in the session, from 0.
        customer: Number of the customer.
        title: Number of the title.
        affinity: taste · vector.
        is_next: Whether it is the next episode of the same series.
        start_ms: Position where it starts.
        seek_clock_ms: Reading of the clock at the only seek, -1 without one.
        seek_ms: Position where the seek lands.
        playing_ms: Reading of the clock at the end; 0 if it failed.
        end_ms: Position at the end.
        watched_ms: Milliseconds of the title that were seen, once each.
        startup_ms: From the wish to the first picture.
        ending: `STOPPED`, `SILENT`, `BROKEN` or `FAILED`.
        has_bad_quality: Whether pictures stall.
        bitrate: Index into `vocabulary.BITRATES_KBPS` at the start.
    """

    session: Integers
    place: Integers
    customer: npt.NDArray[np.int32]
    title: npt.NDArray[np.int32]
    affinity: npt.NDArray[np.float32]
    is_next: Booleans
    start_ms: Integers
    seek_clock_ms: Integers
    seek_ms: Integers
    playing_ms: Integers
    end_ms: Integers
    watched_ms: Integers
    startup_ms: Integers
    ending: npt.NDArray[np.int8]
    has_bad_quality: Booleans
    bitrate: npt.NDArray[np.int8]


@dataclass(frozen=True)
class PlayerEvents(Rows):
    """One row an event of a player, in order of play and time.

    Attributes:
        play: Number of the play.
        event_type: Index into `EVENT_TYPES`.
        position_ms: Milliseconds, `NOTHING` for none.
        duration_ms: Milliseconds, `NOTHING` for none.
        detail: Index of the error code or the bit rate, `NOTHING` for none.
        at_ms: Milliseconds since the play began.
    """

    play: npt.NDArray[np.int32]
    event_type: npt.NDArray[np.int8]
    position_ms: npt.NDArray[np.int32]
    duration_ms: npt.NDArray[np.int32]
    detail: npt.NDArray[np.int16]
    at_ms: npt.NDArray[np.int32]


def make_plays(
    configuration: SyntheticConfiguration,
    titles: Titles,
    lives: Lives,
    sessions: Sessions,
    choices: Choices,
) -> Plays:
    """Return how much of each chosen title is played."""
    random = configuration.random("plays")
    count = len(choices)
    runtime = titles.runtime_ms[choices.title]
    # Who likes a title watches it to the end more often.
    completes = random.random(count) < 1 / (
        1 + np.exp(COMPLETION[0] - COMPLETION[1] * choices.affinity)
    )
    progress = random.random(count)
    progress = np.where(completes, COMPLETED_SHARE + 0.07 * progress, 0.01 + 0.85 * progress**1.6)
    wanted_end = (progress * runtime).astype(np.int64)

    # Who comes back to a title that was not finished goes on where it stopped, once.
    pair = choices.customer.astype(np.int64) * len(titles.runtime_ms) + choices.title
    visit = occurrences(pair)
    start = np.zeros(count, np.int64)
    order = np.lexsort([visit, pair])
    again = np.flatnonzero(visit[order] == 1)
    before = wanted_end[order[again - 1]]
    resumed = order[again]
    is_open = before < COMPLETED_SHARE * runtime[resumed]
    start[resumed] = np.where(is_open, before, 0)
    rest = (progress[resumed] * (runtime[resumed] - start[resumed])).astype(np.int64)
    wanted_end[resumed] = start[resumed] + rest
    wanted_end = np.minimum(np.maximum(wanted_end, start + SHORTEST_PLAY_MS), runtime)
    start = np.minimum(start, wanted_end - 1)

    has_bad_quality = lives.has_bad_quality[sessions.day[choices.session], choices.customer]
    worse = np.where(has_bad_quality, BAD_QUALITY, 1)
    chance = random.random(count)
    bounds = np.cumsum(
        [FAILED_RATE * worse, BROKEN_RATE * worse, np.full(count, SILENT_RATE)], axis=0
    )
    ending = np.array([FAILED, BROKEN, SILENT, STOPPED])[(chance >= bounds).sum(axis=0)]
    # What breaks stops before the customer wanted it to.
    cut = np.where(ending == BROKEN, random.random(count), 1)
    end = np.where(ending == FAILED, start, start + ((wanted_end - start) * cut).astype(np.int64))
    seek_clock, seek, playing, watched = _seek(random, start, end)
    startup = random.lognormal(6.6, 0.5, count) * np.where(has_bad_quality, 2.5, 1)
    return Plays(
        session=choices.session,
        place=choices.place,
        customer=choices.customer,
        title=choices.title,
        affinity=choices.affinity,
        is_next=choices.is_next,
        start_ms=start,
        seek_clock_ms=seek_clock,
        seek_ms=seek,
        playing_ms=playing,
        end_ms=end,
        watched_ms=watched,
        startup_ms=startup.astype(np.int64),
        ending=ending.astype(np.int8),
        has_bad_quality=has_bad_quality,
        bitrate=np.where(
            has_bad_quality, random.integers(0, 3, count), random.integers(2, 6, count)
        ).astype(np.int8),
    )


def make_player_events(
    configuration: SyntheticConfiguration, plays: Plays, breaks: AdBreaks
) -> tuple[PlayerEvents, Integers, Integers]:
    """Return the events of all plays, how long each lasts, and when each mid-roll begins.

    Args:
        configuration: The arguments.
        plays: All plays.
        breaks: Ad breaks; only the mid-rolls are the player's business.

    Returns:
        Events in order; milliseconds from first to last picture of each play, whatever
        interrupted it included; for each mid-roll break the milliseconds since its play began.
    """
    random = configuration.random("player events")
    timeline = _Timeline(plays)
    count = len(plays)
    everything = np.arange(count)
    started = plays.ending != FAILED

    timeline.add(
        everything,
        np.zeros(count, np.int64),
        PLAY,
        duration=np.where(started, plays.startup_ms, NOTHING),
        detail=np.where(started, plays.bitrate, NOTHING),
    )
    beats = np.maximum(plays.playing_ms - 1, 0) // HEARTBEAT_MS
    play = np.repeat(everything, beats)
    number = np.arange(len(play)) - np.repeat(np.cumsum(beats) - beats, beats) + 1
    timeline.add(play, number * HEARTBEAT_MS, HEARTBEAT)

    hours = plays.playing_ms / 3_600_000
    pauses, clock = timeline.somewhere(random, PAUSE_RATE * np.sqrt(hours))
    is_long = random.random(len(pauses)) < LONG_PAUSE_SHARE
    hold = random.integers(4_000, LONGEST_PAUSE_MS, len(pauses))
    hold = np.where(is_long, random.integers(21, 90, len(pauses)) * 60_000, hold)
    timeline.add(pauses, clock, PAUSE)
    resumes = random.integers(40, 900, len(pauses))
    timeline.add(pauses, clock, PLAY, hold=hold, duration=resumes)

    sought = np.flatnonzero(plays.seek_clock_ms >= 0)
    wait = random.integers(200, 2_000, len(sought))
    timeline.add(sought, plays.seek_clock_ms[sought], SEEK, hold=wait, is_after_seek=True)

    worse = np.where(plays.has_bad_quality, BAD_QUALITY, 1)
    stalled, clock = timeline.somewhere(random, STALL_RATE * worse * np.sqrt(hours))
    stall = random.lognormal(7.6, 0.8, len(stalled)).astype(np.int64).clip(200, 60_000)
    timeline.add(stalled, clock, BUFFER, hold=stall, duration=stall)

    changed, clock = timeline.somewhere(random, CHANGE_RATE * np.sqrt(worse * hours))
    step = random.integers(1, 3, len(changed)) * random.choice([-1, 1], len(changed))
    bitrate = (plays.bitrate[changed] + step).clip(0, len(vocabulary.BITRATES_KBPS) - 1)
    timeline.add(changed, clock, QUALITY_CHANGE, detail=bitrate)

    timeline.add(breaks.play, breaks.clock_ms, AD_START)
    timeline.add(breaks.play, breaks.clock_ms, AD_END, hold=breaks.shown_ms)

    codes = random.integers(0, len(vocabulary.ERROR_CODES), count)
    hiccups, clock = timeline.somewhere(random, 0.004 * worse)
    timeline.add(hiccups, clock, ERROR, detail=codes[hiccups])
    fatal = np.flatnonzero((plays.ending == BROKEN) | (plays.ending == FAILED))
    wait = np.where(plays.ending[fatal] == FAILED, random.integers(2_000, 30_000, len(fatal)), 0)
    timeline.add(
        fatal, plays.playing_ms[fatal], ERROR, hold=wait, detail=codes[fatal], is_last=True
    )
    stopped = np.flatnonzero(plays.ending == STOPPED)
    timeline.add(stopped, plays.playing_ms[stopped], STOP, is_last=True)
    return timeline.events(len(breaks))


def _seek(
    random: np.random.Generator, start: Integers, end: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    """Return clock and target of the seek of some plays, their playing and their watched time."""
    count, length = len(start), end - start
    seeks = (random.random(count) < SEEK_RATE) & (length > 60_000)
    at = (random.uniform(0.1, 0.6, count) * length).astype(np.int64)
    # Forward towards the end, or back by seconds or minutes to see something again.
    is_forward = random.random(count) < 0.6
    forward = ((length - at) * random.uniform(0.05, 0.6, count)).astype(np.int64)
    backward = np.minimum(random.integers(10_000, 600_000, count), at)
    jump = np.where(seeks, np.where(is_forward, forward, -backward), 0)
    return (
        np.where(seeks, at, -1),
        np.where(seeks, start + at + jump, NOTHING),
        length - jump,
        length - np.maximum(jump, 0),
    )


class _Timeline:
    """Collects events of plays by the plays' clocks, and puts them in order."""

    def __init__(self, plays: Plays) -> None:
        self._plays = plays
        self._parts: list[tuple[np.ndarray, ...]] = []

    def somewhere(self, random: np.random.Generator, expected: Floats) -> tuple[Integers, Integers]:
        """Draw so many moments of each play on average, none in its first second: play, clock."""
        playing = self._plays.playing_ms
        counts = random.poisson(np.where(playing > 2_000, expected, 0))
        play = np.repeat(np.arange(len(playing)), counts)
        return play, 1_000 + (random.random(len(play)) * (playing[play] - 1_500)).astype(np.int64)

    def add(
        self,
        play: Integers,
        clock: Integers,
        event_type: int,
        *,
        hold: Integers | None = None,
        duration: Integers | None = None,
        detail: Integers | None = None,
        is_after_seek: bool = False,
        is_last: bool = False,
    ) -> None:
        """Add an event to each of `play`.

        Args:
            play: Numbers of plays.
            clock: Reading of the play's clock.
            event_type: What happens.
            hold: Milliseconds for which the clock stood still before it.
            duration: Told with the event.
            detail: Told with the event.
            is_after_seek: The position is the one after the seek at this reading.
            is_last: Nothing comes after it.
        """
        count = len(play)
        plays = self._plays
        seek_clock = plays.seek_clock_ms[play]
        passed = (seek_clock >= 0) & ((clock > seek_clock) | is_after_seek)
        position = np.where(
            passed, plays.seek_ms[play] + clock - seek_clock, plays.start_ms[play] + clock
        )
        nothing = np.full(count, NOTHING)
        # In one key: play, clock, and what comes first at the same reading.
        key = (play.astype(np.int64) << 30 | clock) << 4 | (15 if is_last else len(self._parts))
        self._parts.append((
            key,
            np.full(count, event_type, np.int8),
            position.astype(np.int32),
            (nothing if duration is None else duration).astype(np.int32),
            (nothing if detail is None else detail).astype(np.int16),
            (np.zeros(count) if hold is None else hold).astype(np.int32),
        ))  # fmt: skip

    def events(self, break_count: int) -> tuple[PlayerEvents, Integers, Integers]:
        """Return all events in order, how long plays last, and when each ad break began."""
        columns = [np.concatenate(parts) for parts in zip(*self._parts, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        key, event_type, position, duration, detail, hold = (each[order] for each in columns)
        play = (key >> 34).astype(np.int32)
        held = np.cumsum(hold, dtype=np.int64)
        starts = np.searchsorted(play, np.arange(len(self._plays)))
        before = (held - hold)[starts][play] if len(play) else held
        at_ms = ((key >> 4) & ((1 << 30) - 1)) + held - before
        events = PlayerEvents(play, event_type, position, duration, detail, at_ms.astype(np.int32))
        began = np.zeros(break_count, np.int64)
        if break_count:
            # Breaks are in order of play and clock, and so are their first events.
            began = at_ms[event_type == AD_START]
        holds = np.bincount(play, hold, len(self._plays)).astype(np.int64)
        return events, self._plays.playing_ms + holds, began
