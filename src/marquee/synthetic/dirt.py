"""Planted faults: which rows get which, and what that makes of the columns.

Every fault is a code on a landed row, and no row has two, so that each can be counted. What a
code does to the text of a row stands in `records`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marquee.synthetic.activity import Events
from marquee.synthetic.configuration import (
    DAY_US,
    FaultRates,
    SyntheticConfiguration,
    fault_rates,
)
from marquee.synthetic.world import Integers

Codes = npt.NDArray[np.int8]

KINDS = (
    "clean",
    "broken_json",
    "mistyped_watched_ms",
    "mistyped_event_at",
    "invalid_event_type",
    "missing_customer_id",
    "unknown_customer_id",
    "unknown_title_id",
    "duplicate_event",
    "conflicting_event_id",
    "blank_line",
    "rating_out_of_range",
    "too_few_fields",
    "too_many_fields",
    "bad_utf8",
)
CODE = {kind: np.int8(code) for code, kind in enumerate(KINDS)}
# What ingestion must refuse. The rest is well-formed: it loads and later layers deal with it.
QUARANTINED_KINDS = frozenset({
    "broken_json",
    "mistyped_watched_ms",
    "mistyped_event_at",
    "invalid_event_type",
    "missing_customer_id",
    "rating_out_of_range",
    "too_few_fields",
    "too_many_fields",
    "bad_utf8",
})  # fmt: skip
ADDED_KINDS = ("duplicate_event", "conflicting_event_id", "blank_line")
UNKNOWN_ID_COUNT = 20
LATEST_DUPLICATE_DAYS = 3


@dataclass(frozen=True)
class LandedEvents:
    """Events as they land, faults included, in order of landing.

    Attributes:
        events: Customer and title numbers from the world's counts upwards are unknown ids.
        fault: Code of each row.
        landed_at: Microseconds since 1970; the day of it names the file. Equal to `received_at`
            but for duplicates, which may come later.
    """

    events: Events
    fault: Codes
    landed_at: Integers


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


def soil_events(configuration: SyntheticConfiguration, events: Events) -> LandedEvents:
    """Plant the faults of the configuration into events."""
    random = configuration.random("event faults")
    fault = planted_codes(random, len(events.title), configuration.event_faults)

    # Three kinds are extra rows: the row they were drawn on is their source and stays clean.
    added = np.flatnonzero(np.isin(fault, [CODE[kind] for kind in ADDED_KINDS]))
    added_fault = fault[added]
    fault[added] = 0
    fault = np.concatenate([fault, added_fault])
    rows = np.concatenate([np.arange(len(events.title)), added])
    customer, title = events.customer[rows], events.title[rows]
    landed_at = events.received_at[rows]

    conflicting = np.flatnonzero(fault == CODE["conflicting_event_id"])
    step = random.integers(1, configuration.title_count, len(conflicting))
    title[conflicting] = (title[conflicting] + step) % configuration.title_count
    for column, count, kind in (
        (customer, configuration.customer_count, "unknown_customer_id"),
        (title, configuration.title_count, "unknown_title_id"),
    ):
        unknown = np.flatnonzero(fault == CODE[kind])
        column[unknown] = count + random.integers(0, UNKNOWN_ID_COUNT, len(unknown))

    duplicates = np.flatnonzero(fault == CODE["duplicate_event"])
    delay_days = random.integers(0, LATEST_DUPLICATE_DAYS + 1, len(duplicates))
    later = landed_at[duplicates] + delay_days * DAY_US
    landed_at[duplicates] = np.minimum(later, configuration.end_us - 1)

    order = np.argsort(landed_at, kind="stable")
    sources = rows[order]
    soiled = Events(
        event_number=events.event_number[sources],
        customer=customer[order],
        title=title[order],
        event_type=events.event_type[sources],
        watched_ms=events.watched_ms[sources],
        device=events.device[sources],
        event_at=events.event_at[sources],
        received_at=events.received_at[sources],
    )
    return LandedEvents(soiled, fault[order], landed_at[order])
