"""When customers come, on which device, and how many titles they turn to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from marquee.synthetic import vocabulary
from marquee.synthetic.configuration import DAY_US, HOUR_US, SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.devices import Devices, draw_devices
from marquee.synthetic.lives import Lives
from marquee.synthetic.rows import Floats, Integers, Rows, draw, draw_from_rows, places_within

# Sessions a day of a customer with activity 1 who has lost no interest.
SESSION_RATE = 0.12
PLAYLESS_SHARE = 0.42
MOST_PLAYS = 12
# Known from the start, logs in at the first play, never logs in.
KNOWN, LATE, NEVER = range(3)
LOGIN_SHARES = (0.94, 0.035, 0.025)
OWN_PROFILE_SHARE = 0.55
OTHER_ADDRESS_SHARES = {"tv": 0.0, "phone": 0.35, "tablet": 0.12, "desktop": 0.1, "console": 0.0}

# Weight of each hour for the dayparts evening, afternoon, morning, night.
DAYPARTS = np.array([
    [2, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 5, 8, 12, 14, 13, 8, 4],
    [1, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 5, 7, 9, 10, 10, 9, 7, 5, 4, 4, 3, 2, 1],
    [0, 0, 0, 0, 1, 4, 9, 12, 11, 8, 6, 5, 4, 3, 2, 2, 2, 3, 4, 5, 4, 3, 1, 0],
    [12, 10, 7, 4, 2, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 4, 6, 8, 11, 13],
])  # fmt: skip
# At weekends everybody also watches during the day.
WEEKEND_HOURS = np.array([2] * 2 + [0] * 6 + [3] * 12 + [2] * 4)
WEEKDAYS = np.array([0.85, 0.85, 0.9, 0.95, 1.15, 1.45, 1.35])
# Winter evenings against summer evenings.
SEASON = 0.18


@dataclass(frozen=True)
class Sessions(Rows):
    """One row a session, in order of customer and time; those of a customer don't overlap.

    Attributes:
        customer: Number of the customer.
        device: Number of the device.
        profile: Number in the household, from 0.
        is_elsewhere: Whether the device is not at home.
        login: `KNOWN`, `LATE` or `NEVER`.
        play_count: Titles that the customer turns to.
        day: Day of the world.
        started_at: Microseconds since 1970, UTC.
    """

    customer: npt.NDArray[np.int32]
    device: npt.NDArray[np.int32]
    profile: npt.NDArray[np.int8]
    is_elsewhere: npt.NDArray[np.bool_]
    login: npt.NDArray[np.int8]
    play_count: Integers
    day: npt.NDArray[np.int32]
    started_at: Integers


def make_sessions(
    configuration: SyntheticConfiguration, customers: Customers, devices: Devices, lives: Lives
) -> Sessions:
    """Return the sessions of a world; who is more active, and still interested, has more."""
    random = configuration.random("sessions")
    day, customer = _draw_days(random, configuration, customers, lives)
    count = len(customer)

    weekend = (day + configuration.start_date.weekday()) % 7 >= 5
    hours = np.vstack([DAYPARTS, DAYPARTS + WEEKEND_HOURS]).astype(float)
    hour = draw_from_rows(random, hours, customers.daypart[customer] + len(DAYPARTS) * weekend)
    started_at = (
        configuration.start_us
        + day * DAY_US
        + hour * HOUR_US
        + random.integers(0, HOUR_US // 1_000, count) * 1_000
    )
    order = np.lexsort([started_at, customer])
    customer, day, started_at = customer[order], day[order], started_at[order]

    device = draw_devices(random, devices, customer)
    classes = np.array([
        vocabulary.DEVICE_CLASSES.index(kind) for kind, _, _ in vocabulary.USER_AGENTS
    ])  # fmt: skip
    elsewhere = np.array([OTHER_ADDRESS_SHARES[name] for name in vocabulary.DEVICE_CLASSES])
    device_class = classes[devices.user_agent[device]]
    own = random.random(count) < OWN_PROFILE_SHARE
    other = random.random(count) * customers.profile_count[customer]
    plays = np.array([segment.plays for segment in vocabulary.SEGMENTS.values()])
    further = random.poisson(plays[customers.segment[customer]] - 1)
    return Sessions(
        customer=customer.astype(np.int32),
        device=device.astype(np.int32),
        profile=np.where(own, 0, other).astype(np.int8),
        is_elsewhere=random.random(count) < elsewhere[device_class],
        login=draw(random, LOGIN_SHARES, count).astype(np.int8),
        play_count=np.where(
            random.random(count) < PLAYLESS_SHARE, 0, 1 + np.minimum(further, MOST_PLAYS - 1)
        ),
        day=day.astype(np.int32),
        started_at=started_at,
    )


def without_overlap(sessions: Sessions, lasts_us: Integers) -> Sessions:
    """Return the sessions, each begun late enough that the one before is over.

    Args:
        sessions: In order of customer and time.
        lasts_us: How long each lasts, pause afterwards included, in microseconds.

    Returns:
        As many sessions.
    """
    if not len(sessions):
        return sessions
    # start'(i) = total(i) + max over j <= i of (start(j) - total(j)), for each customer alone.
    total = np.cumsum(lasts_us) - lasts_us
    first = np.searchsorted(sessions.customer, sessions.customer)
    before = (total - total[first]) // 1_000
    free_from = (sessions.started_at - sessions.started_at.min()) // 1_000 - before
    # Customers are told apart by an offset that is longer than the world, in milliseconds, so
    # that the product stays within 64 bits.
    offset = sessions.customer.astype(np.int64) * int(free_from.max() - free_from.min() + 1)
    latest = np.maximum.accumulate(free_from + offset) - offset + before
    return replace(sessions, started_at=sessions.started_at.min() + latest * 1_000)


def _draw_days(
    random: np.random.Generator,
    configuration: SyntheticConfiguration,
    customers: Customers,
    lives: Lives,
) -> tuple[Integers, Integers]:
    """Draw day and customer of each session (a Poisson process over both)."""
    days = np.arange(configuration.days)
    weekday = WEEKDAYS[(days + configuration.start_date.weekday()) % 7]
    day_of_year = (configuration.start_date.timetuple().tm_yday + days) % 365
    season = 1 + SEASON * np.cos(2 * np.pi * (day_of_year - 15) / 365)
    luck = random.lognormal(0, 0.06, configuration.days)
    rate = (SESSION_RATE * weekday / WEEKDAYS.mean() * season * luck).astype(np.float32)
    weight: Floats = lives.engagement * customers.activity.astype(np.float32)
    weight *= rate[:, None]
    cumulative = np.cumsum(weight.ravel(), dtype=np.float64)
    count = int(random.poisson(cumulative[-1]))
    # Ascending positions are found quickly: neighbours lie in the same part of the memory.
    position = np.sort(random.random(count)) * cumulative[-1]
    cell = np.minimum(np.searchsorted(cumulative, position, side="right"), len(cumulative) - 1)
    return np.divmod(cell, len(customers))


def session_of_plays(sessions: Sessions) -> tuple[Integers, Integers]:
    """Return session, and place in it from 0, of each title that customers turn to."""
    session = np.repeat(np.arange(len(sessions)), sessions.play_count)
    return session, places_within(sessions.play_count)
