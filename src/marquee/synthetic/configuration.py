"""What a synthetic service is made of: the arguments, their limits, and the random streams."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta

import numpy as np

# Raised whenever the same arguments would give other rows than before.
WORLD_VERSION = 2

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
SECOND_US = 1_000_000


@dataclass(frozen=True)
class EventFaultRates:
    """Share of events that gets each fault; no event gets two."""

    broken_json: float = 0.0004
    """Line cut off in the middle."""
    mistyped_watched_ms: float = 0.0002
    """`watched_ms` is the text "abc"."""
    mistyped_event_at: float = 0.0002
    """`event_at` is the text "yesterday"."""
    invalid_event_type: float = 0.0002
    """`event_type` is "hover", which is neither click nor watch."""
    missing_customer_id: float = 0.0002
    """`customer_id` is null."""
    unknown_customer_id: float = 0.0005
    """A well-formed customer id that no CRM extract knows."""
    unknown_title_id: float = 0.0005
    """A well-formed title id that no DAM extract knows."""
    duplicate_event: float = 0.002
    """The same line once more, in the same or in a later file."""
    conflicting_event_id: float = 0.0005
    """One more event that carries another event's id."""
    blank_line: float = 0.0002
    """An empty line, which is not a row."""


@dataclass(frozen=True)
class RatingFaultRates:
    """Share of ratings that gets each fault."""

    rating_out_of_range: float = 0.002
    """`rating_value` is 9.5."""


@dataclass(frozen=True)
class TagFaultRates:
    """Share of tags that gets each fault; no tag gets two."""

    too_few_fields: float = 0.003
    """The record ends before `tagged_at`."""
    too_many_fields: float = 0.003
    """The record has one field more than the header."""
    bad_utf8: float = 0.003
    """`tag_text` holds bytes that are not UTF-8."""


FaultRates = EventFaultRates | RatingFaultRates | TagFaultRates


@dataclass(frozen=True)
class SyntheticConfiguration:
    """Arguments of a synthetic service; equal arguments give equal rows.

    Attributes:
        scale: 1 is 100,000 customers, 5,000 titles and about 10 million events in 180 days.
            Customers grow with scale, titles with its square root.
        seed: Any integer from 0.
        days: Length of the world, at least 14.
        end_date: Last day, inclusive. Fixed, so that a world is the same on every day.
        late_rate: Share of events received hours to days after they happened.
        resent_file_count: Event files that land a second time under another name.
        event_faults: Rates of faults in events.
        rating_faults: Rates of faults in ratings.
        tag_faults: Rates of faults in tags.
    """

    scale: float = 0.01
    seed: int = 7
    days: int = 180
    end_date: date = date(2026, 6, 30)
    late_rate: float = 0.01
    resent_file_count: int = 1
    event_faults: EventFaultRates = field(default_factory=EventFaultRates)
    rating_faults: RatingFaultRates = field(default_factory=RatingFaultRates)
    tag_faults: TagFaultRates = field(default_factory=TagFaultRates)

    def __post_init__(self) -> None:
        if not 0.001 <= self.scale <= 100:
            raise ValueError(
                f"scale is {self.scale}: choose 0.001 (100 customers) to 100; 0.01 takes seconds"
            )
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}: choose an integer from 0")
        if not 14 <= self.days <= 3660:
            raise ValueError(f"days is {self.days}: choose 14 to 3660, two weeks at least")
        if not 0 <= self.late_rate <= 0.5:
            raise ValueError(f"late_rate is {self.late_rate}: choose a share from 0 to 0.5")
        if not 0 <= self.resent_file_count <= self.days:
            raise ValueError(
                f"resent_file_count is {self.resent_file_count}: choose 0 to days ({self.days})"
            )
        for faults in (self.event_faults, self.rating_faults, self.tag_faults):
            for kind, rate in fault_rates(faults).items():
                if not 0 <= rate <= 0.05:
                    raise ValueError(f"{kind} is {rate}: choose a share from 0 to 0.05")

    @property
    def customer_count(self) -> int:
        """Number of customers."""
        return round(100_000 * self.scale)

    @property
    def title_count(self) -> int:
        """Number of titles, at least 60."""
        return max(60, round(5_000 * math.sqrt(self.scale)))

    @property
    def start_date(self) -> date:
        """First day of the world."""
        return self.end_date - timedelta(days=self.days - 1)

    @property
    def start_us(self) -> int:
        """First microsecond of the world, since 1970 in UTC."""
        return (self.start_date - date(1970, 1, 1)).days * DAY_US

    @property
    def end_us(self) -> int:
        """First microsecond after the world, since 1970 in UTC."""
        return self.start_us + self.days * DAY_US

    def random(self, name: str) -> np.random.Generator:
        """Return the random stream of one table.

        Args:
            name: What the stream is for. A stream depends on the seed and its own name alone,
                so that a new table changes none of the others.

        Returns:
            A fresh generator, the same one for every call.
        """
        return np.random.default_rng(
            np.random.SeedSequence(self.seed, spawn_key=tuple(name.encode()))
        )

    def as_json(self) -> dict[str, object]:
        """Return the arguments and the world's version in types that JSON has."""
        return {
            "world_version": WORLD_VERSION,
            **asdict(self),
            "end_date": self.end_date.isoformat(),
        }


def fault_rates(faults: FaultRates) -> Mapping[str, float]:
    """Return kind to rate, in the order of the fields."""
    return {kind.name: getattr(faults, kind.name) for kind in fields(faults)}
