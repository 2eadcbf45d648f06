"""Sessions and plays computed slowly and obviously, to hold the models against.

One event after the other, as somebody would who reads the definition aloud; no windows, no groups.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

SESSION_GAP = dt.timedelta(minutes=30)
HEARTBEAT = dt.timedelta(minutes=10)
DAY_START = dt.timedelta(hours=4)
# In the order in which events of one instant count: what ends a title before what begins the next.
PLAYBACK = (
    "stop", "heartbeat", "buffer", "quality_change", "seek", "ad_start", "ad_end", "pause", "play",
    "error", "watch",
)  # fmt: skip
STANDING_STILL = ("pause", "ad_start", "error", "stop")


@dataclass(frozen=True)
class Event:
    visitor_id: str
    device_id: str
    event_type: str
    title_id: str | None
    position_ms: int | None
    duration_ms: int | None
    watched_ms: int | None
    event_at: dt.datetime
    received_at: dt.datetime

    @property
    def broadcast_date(self) -> dt.date:
        return (self.event_at - DAY_START).date()

    @property
    def received_date(self) -> dt.date:
        return self.received_at.date()


@dataclass
class Play:
    title_id: str
    started_at: dt.datetime
    ended_at: dt.datetime
    startup_time_ms: int | None
    stretches: list[tuple[int, int]] = field(default_factory=list)
    """Positions from and to, in milliseconds."""
    elsewhere_ms: int = 0
    """Watched, but nobody said where in the title."""
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def watched_ms(self) -> int:
        seen, reached = 0, 0
        for start, end in sorted(self.stretches):
            seen += max(0, end - max(start, reached))
            reached = max(reached, end)
        return seen + self.elsewhere_ms


def device_days(events: Iterable[Event]) -> Iterator[list[Event]]:
    """The events of each visitor, device and broadcast day."""

    def day(event: Event) -> tuple[str, str, dt.date]:
        return event.visitor_id, event.device_id, event.broadcast_date

    for _, group in groupby(sorted(events, key=day), key=day):
        yield sorted(group, key=_moment)


def sessions(day: list[Event]) -> list[list[Event]]:
    """The events of one device day, cut where silence lasted."""
    found: list[list[Event]] = []
    for event in day:
        if not found or event.event_at - found[-1][-1].event_at > SESSION_GAP:
            found.append([])
        found[-1].append(event)
    return found


def plays(day: list[Event]) -> list[Play]:
    """The plays of one device day."""
    found: list[Play] = []
    before: Event | None = None
    open_play: Play | None = None
    for event in day:
        if event.event_type not in PLAYBACK or event.title_id is None:
            continue
        if before is None or _ends(before, event):
            open_play = before = None
        if event.event_type in ("play", "watch") and open_play is None:
            startup = event.duration_ms if event.event_type == "play" else None
            open_play = Play(event.title_id, event.event_at, event.event_at, startup)
            found.append(open_play)
            before = None
        if open_play is not None:
            if before is not None:
                _watch(open_play, before, event)
            open_play.elsewhere_ms += event.watched_ms or 0
            open_play.ended_at = event.event_at
            open_play.counts[event.event_type] = open_play.counts.get(event.event_type, 0) + 1
        before = event
    return found


def _ends(before: Event, event: Event) -> bool:
    return (
        event.title_id != before.title_id
        or before.event_type in ("stop", "watch")
        or event.event_type == "watch"
        or event.event_at - before.event_at > 2 * HEARTBEAT
    )


def _watch(play: Play, before: Event, event: Event) -> None:
    """Add what ran between two events that follow each other."""
    running = (event.event_at - before.event_at) // dt.timedelta(milliseconds=1)
    if event.event_type == "play" or before.event_type in STANDING_STILL:
        return
    if event.event_type == "seek" and before.event_type == "seek":
        return
    if event.event_type == "buffer":
        running = max(0, running - (event.duration_ms or 0))
    if before.position_ms is None and event.position_ms is None:
        play.elsewhere_ms += running
    elif before.position_ms is not None and event.position_ms is not None:
        if event.event_type != "seek":
            running = max(0, min(running, event.position_ms - before.position_ms))
        play.stretches.append((before.position_ms, before.position_ms + running))


def _moment(event: Event) -> tuple[object, ...]:
    order = PLAYBACK.index(event.event_type) if event.event_type in PLAYBACK else -1
    last = 1 << 62
    return (
        event.event_at,
        order,
        event.title_id or "",
        last if event.position_ms is None else event.position_ms,
        last if event.duration_ms is None else event.duration_ms,
        last if event.watched_ms is None else event.watched_ms,
    )
