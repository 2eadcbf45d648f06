"""Planted faults: which rows get which, and what that makes of the columns.

Every fault is a code on a landed row, and no row has two, so that each can be counted. What a
code does to the text of a row stands in `records`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from marquee.synthetic.activity import Events
from marquee.synthetic.configuration import (
    DAY_US,
    HOUR_US,
    FaultRates,
    SyntheticConfiguration,
    fault_rates,
)
from marquee.synthetic.rows import Booleans, Integers

Codes = npt.NDArray[np.int8]

KINDS = (
    "clean",
    "broken_json",
    "mistyped_position_ms",
    "mistyped_event_at",
    "mistyped_payment_amount",
    "invalid_event_type",
    "invalid_ad_event_type",
    "invalid_case_status",
    "missing_event_id",
    "future_event_at",
    "rating_out_of_range",
    "too_few_fields",
    "too_many_fields",
    "bad_utf8",
    "unknown_customer_id",
    "unknown_title_id",
    "duplicate_row",
    "superseded_event",
    "blank_line",
)
CODE = {kind: np.int8(code) for code, kind in enumerate(KINDS)}
# What ingestion must load; later layers deal with it. A blank line is not even a row.
LOADED_KINDS = frozenset({
    "clean", "unknown_customer_id", "unknown_title_id", "duplicate_row", "superseded_event",
})  # fmt: skip
KEPT_KINDS = frozenset({"clean", "unknown_customer_id", "unknown_title_id"})
"""Loaded, and one of a kind: neither a repetition nor superseded."""
QUARANTINED_KINDS = frozenset(KINDS) - LOADED_KINDS - {"blank_line"}
ADDED_KINDS = ("duplicate_row", "superseded_event", "blank_line")
UNKNOWN_ID_COUNT = 20
LATEST_DUPLICATE_DAYS = 3
LONGEST_SUPERSESSION_US = 2 * DAY_US
LATE_US = HOUR_US


@dataclass(frozen=True)
class Soiled:
    """Rows as they land, faults included, in order of landing.

    Attributes:
        row: The clean row that each is made from.
        fault: Code of each.
        landed_at: Microseconds since 1970; the day or month of it names the file.
    """

    row: Integers
    fault: Codes
    landed_at: Integers


@dataclass(frozen=True)
class LandedEvents:
    """Events as they land, faults included, in order of landing.

    Attributes:
        events: Title numbers from the world's count upwards are unknown ids.
        unknown_customer: From 0 for ids that nobody knows, -1 for the others.
        fault: Code of each row.
        landed_at: Microseconds since 1970; the day of it names the file. Equal to `received_at`
            but for duplicates, which may come later.
    """

    events: Events
    unknown_customer: Integers
    fault: Codes
    landed_at: Integers


@dataclass(frozen=True)
class EventAccount:
    """What is true of the events that ingestion loads, in rows.

    Attributes:
        kept: Neither repeated nor superseded: one an event.
        exact_duplicates: Repetitions of a line.
        superseded: The same id again with another payload, later.
        bots: Of those kept, from crawlers.
        late: Of those kept, received an hour or more after they happened.
        anonymous: Of those kept, without a customer, crawlers not counted.
        unknown_customers: Of those kept, of customers that nobody knows.
        unknown_titles: Of those kept, of titles that nobody knows.
    """

    kept: int
    exact_duplicates: int
    superseded: int
    bots: int
    late: int
    anonymous: int
    unknown_customers: int
    unknown_titles: int


def planted_codes(random: np.random.Generator, row_count: int, faults: FaultRates) -> Codes:
    """Return a fault code a row, 0 for none.

    Args:
        random: Stream to draw from.
        row_count: Rows to choose from.
        faults: Each rate gives `round(rate * row_count)` rows, and at least one if above 0, as
            long as there are rows left.

    Returns:
        Codes, as many as rows.
    """
    counts = [
        max(1, round(rate * row_count)) if rate > 0 else 0
        for rate in fault_rates(faults).values()
    ]  # fmt: skip
    kinds = np.repeat([CODE[kind] for kind in fault_rates(faults)], counts)[:row_count]
    codes = np.zeros(row_count, np.int8)
    codes[random.choice(row_count, len(kinds), replace=False)] = kinds
    return codes


def soil(
    random: np.random.Generator,
    landed_at: Integers,
    faults: FaultRates,
    end_us: int,
    *,
    latest_days: int = LATEST_DUPLICATE_DAYS,
    may: Booleans | None = None,
) -> Soiled:
    """Plant faults into rows.

    Args:
        random: Stream to draw from.
        landed_at: When each row lands, ascending.
        faults: Their rates.
        end_us: End of the world.
        latest_days: Days that a duplicate may be behind.
        may: Rows that may get a fault; all if it is missing.

    Returns:
        Rows in order of landing. A duplicate comes after its original.
    """
    fault = np.zeros(len(landed_at), np.int8)
    candidates = np.arange(len(landed_at)) if may is None else np.flatnonzero(may)
    fault[candidates] = planted_codes(random, len(candidates), faults)
    # Three kinds are extra rows: the row they were drawn on is their source and stays clean.
    added = np.flatnonzero(np.isin(fault, [CODE[kind] for kind in ADDED_KINDS]))
    added_fault = fault[added]
    fault[added] = 0
    row = np.concatenate([np.arange(len(fault)), added])
    fault = np.concatenate([fault, added_fault])
    times = landed_at[row]
    duplicates = np.flatnonzero(fault == CODE["duplicate_row"])
    delay_days = random.integers(0, latest_days + 1, len(duplicates))
    times[duplicates] = np.minimum(times[duplicates] + delay_days * DAY_US, end_us - 1)
    superseding = np.flatnonzero(fault == CODE["superseded_event"])
    times[superseding] += _later_by(random, end_us - times[superseding])
    order = np.argsort(times, kind="stable")
    return Soiled(row[order], fault[order], np.minimum(times[order], end_us - 1))


def soil_events(configuration: SyntheticConfiguration, events: Events) -> LandedEvents:
    """Plant the faults of the configuration into events; crawlers' events stay clean."""
    random = configuration.random("event faults")
    soiled = soil(
        random,
        events.received_at,
        configuration.event_faults,
        configuration.end_us,
        may=events.session >= 0,
    )
    fault = soiled.fault
    rows = events.take(soiled.row)
    title, position_ms = rows.title.copy(), rows.position_ms.copy()
    event_at, received_at = rows.event_at.copy(), rows.received_at.copy()
    is_anonymous = rows.is_anonymous.copy()

    unknown = np.flatnonzero(fault == CODE["unknown_title_id"])
    title[unknown] = configuration.title_count + random.integers(0, UNKNOWN_ID_COUNT, len(unknown))
    unknown_customer = np.full(len(fault), -1)
    unknown = np.flatnonzero(fault == CODE["unknown_customer_id"])
    unknown_customer[unknown] = random.integers(0, UNKNOWN_ID_COUNT, len(unknown))
    is_anonymous[unknown] = False

    superseding = np.flatnonzero(fault == CODE["superseded_event"])
    position_ms[superseding] += random.integers(2, 60_000, len(superseding)).astype(np.int32)
    received_at[superseding] = soiled.landed_at[superseding]
    ahead = np.flatnonzero(fault == CODE["future_event_at"])
    event_at[ahead] = received_at[ahead] + random.integers(DAY_US, 20 * DAY_US, len(ahead))
    landed = replace(
        rows,
        title=title,
        position_ms=position_ms,
        is_anonymous=is_anonymous,
        event_at=event_at,
        received_at=received_at,
    )
    return LandedEvents(landed, unknown_customer, fault, soiled.landed_at)


def event_account(landed: LandedEvents) -> EventAccount:
    """Return what is true of the events that ingestion loads."""
    events, fault = landed.events, landed.fault
    is_kept = np.isin(fault, [CODE[kind] for kind in KEPT_KINDS])
    is_bot = events.session < 0
    is_late = events.received_at - events.event_at >= LATE_US
    return EventAccount(
        kept=int(is_kept.sum()),
        exact_duplicates=int((fault == CODE["duplicate_row"]).sum()),
        superseded=int((fault == CODE["superseded_event"]).sum()),
        bots=int((is_kept & is_bot).sum()),
        late=int((is_kept & is_late).sum()),
        anonymous=int((is_kept & events.is_anonymous & ~is_bot).sum()),
        unknown_customers=int((fault == CODE["unknown_customer_id"]).sum()),
        unknown_titles=int((fault == CODE["unknown_title_id"]).sum()),
    )


def _later_by(random: np.random.Generator, left_us: Integers) -> Integers:
    """Return microseconds, at least one, that mostly fit into what is left of the world."""
    longest = np.clip(left_us - 2, 1, LONGEST_SUPERSESSION_US)
    by: Integers = 1 + (random.random(len(longest)) * longest).astype(np.int64)
    return by
