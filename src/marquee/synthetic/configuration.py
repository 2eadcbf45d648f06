"""What a synthetic service is made of: the arguments, their limits, and the random streams."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta

import numpy as np

# Raised whenever the same arguments would give other rows than before.
WORLD_VERSION = 3

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
SECOND_US = 1_000_000


@dataclass(frozen=True)
class EventFaultRates:
    """Share of events that gets each fault; no event gets two."""

    broken_json: float = 0.0004
    """Line cut off in the middle."""
    mistyped_position_ms: float = 0.0002
    """`position_ms` is the text "abc"."""
    mistyped_event_at: float = 0.0002
    """`event_at` is the text "yesterday"."""
    invalid_event_type: float = 0.0002
    """`event_type` is "hover", which the contract does not know."""
    missing_event_id: float = 0.0002
    """`event_id` is null."""
    bad_utf8: float = 0.0002
    """`app_version` holds bytes that are not UTF-8."""
    future_event_at: float = 0.0002
    """`event_at` is 1 to 20 days ahead of `received_at`."""
    unknown_customer_id: float = 0.0005
    """A well-formed customer id that no CRM extract knows."""
    unknown_title_id: float = 0.0005
    """A well-formed title id that no DAM extract knows."""
    duplicate_row: float = 0.002
    """The same line once more, in the same or in a later file."""
    superseded_event: float = 0.0005
    """One more event with another's id, another payload and a later `received_at`."""
    blank_line: float = 0.0002
    """An empty line, which is not a row."""


@dataclass(frozen=True)
class PaymentFaultRates:
    """Share of payments that gets each fault; no payment gets two."""

    too_few_fields: float = 0.002
    """The record ends before `received_at`."""
    too_many_fields: float = 0.002
    """The record has one field more than the header."""
    mistyped_payment_amount: float = 0.002
    """`payment_amount` is the text "abc"."""
    duplicate_row: float = 0.004
    """The same record once more, in the same or in a later file."""


@dataclass(frozen=True)
class AdEventFaultRates:
    """Share of ad events that gets each fault; no row gets two."""

    invalid_ad_event_type: float = 0.0005
    """`ad_event_type` is "rewind", which VAST has but the contract does not."""
    duplicate_row: float = 0.002
    """The same row once more, in the same or in a later file."""


@dataclass(frozen=True)
class PostFaultRates:
    """Share of posts that gets each fault; no post gets two."""

    broken_json: float = 0.002
    """Line cut off in the middle."""
    bad_utf8: float = 0.002
    """`post_text` holds bytes that are not UTF-8."""
    duplicate_row: float = 0.005
    """The same line once more in the same file."""


@dataclass(frozen=True)
class CaseFaultRates:
    """Share of changes of service cases that gets each fault; none gets two."""

    broken_json: float = 0.002
    """Line cut off in the middle."""
    invalid_case_status: float = 0.002
    """`case_status` is "lost"."""
    duplicate_row: float = 0.004
    """The same line once more in the same file."""


@dataclass(frozen=True)
class OfferFaultRates:
    """Share of retention offers that gets each fault; none gets two."""

    too_few_fields: float = 0.002
    """The record ends before `received_at`."""
    duplicate_row: float = 0.004
    """The same record once more in the same file."""


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


FaultRates = (
    EventFaultRates
    | PaymentFaultRates
    | AdEventFaultRates
    | PostFaultRates
    | CaseFaultRates
    | OfferFaultRates
    | RatingFaultRates
    | TagFaultRates
)


@dataclass(frozen=True)
class SyntheticConfiguration:
    """Arguments of a synthetic service; equal arguments give equal rows.

    Attributes:
        scale: 1 is 100,000 customers, 5,000 titles and about 10 million events in 180 days.
            Customers grow with scale, titles with its square root.
        seed: Any integer from 0.
        days: Length of the world, at least 14.
        end_date: Last day, inclusive. Fixed, so that a world is the same on every day.
        extract_interval_days: Days between full extracts of customers and subscriptions; there
            is always one of the last day. Plans, creatives and titles come once a week.
        late_rate: Share of events received 1 hour to 90 days after they happened.
        bot_rate: Events of crawlers, as a share of those of people.
        resent_file_count: Event files that land a second time under another name.
        drift_share: Share of the world's days after which events carry a column that the
            contract does not know, `player_build`; 1 for never.
        event_faults: Rates of faults in events.
        payment_faults: Rates of faults in payments.
        ad_event_faults: Rates of faults in ad events.
        post_faults: Rates of faults in posts.
        case_faults: Rates of faults in changes of service cases.
        offer_faults: Rates of faults in retention offers.
        rating_faults: Rates of faults in ratings.
        tag_faults: Rates of faults in tags.
    """

    scale: float = 0.01
    seed: int = 7
    days: int = 180
    end_date: date = date(2026, 6, 30)
    extract_interval_days: int = 1
    late_rate: float = 0.01
    bot_rate: float = 0.01
    resent_file_count: int = 1
    drift_share: float = 2 / 3
    event_faults: EventFaultRates = field(default_factory=EventFaultRates)
    payment_faults: PaymentFaultRates = field(default_factory=PaymentFaultRates)
    ad_event_faults: AdEventFaultRates = field(default_factory=AdEventFaultRates)
    post_faults: PostFaultRates = field(default_factory=PostFaultRates)
    case_faults: CaseFaultRates = field(default_factory=CaseFaultRates)
    offer_faults: OfferFaultRates = field(default_factory=OfferFaultRates)
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
        if not 1 <= self.extract_interval_days <= self.days:
            raise ValueError(
                f"extract_interval_days is {self.extract_interval_days}: choose 1 to days "
                f"({self.days})"
            )
        for name, highest in (("late_rate", 0.5), ("bot_rate", 0.5), ("drift_share", 1)):
            if not 0 <= getattr(self, name) <= highest:
                raise ValueError(
                    f"{name} is {getattr(self, name)}: choose a share from 0 to {highest}"
                )
        if not 0 <= self.resent_file_count <= self.days:
            raise ValueError(
                f"resent_file_count is {self.resent_file_count}: choose 0 to days ({self.days})"
            )
        for faults in self.all_faults:
            for kind, rate in fault_rates(faults).items():
                if not 0 <= rate <= 0.05:
                    raise ValueError(f"{kind} is {rate}: choose a share from 0 to 0.05")

    @property
    def all_faults(self) -> tuple[FaultRates, ...]:
        """The rates of faults of every table that has some."""
        return (
            self.event_faults,
            self.payment_faults,
            self.ad_event_faults,
            self.post_faults,
            self.case_faults,
            self.offer_faults,
            self.rating_faults,
            self.tag_faults,
        )

    @property
    def day_dates(self) -> list[date]:
        """All days of the world."""
        return [self.start_date + timedelta(days=number) for number in range(self.days)]

    def extract_days(self, interval_days: int) -> list[int]:
        """Return numbers of days from 0, so many apart, the last day among them."""
        return [day for day in range(self.days) if (self.days - 1 - day) % interval_days == 0]

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

    @property
    def drift_us(self) -> int:
        """First microsecond of receipt from which events carry `player_build`."""
        return self.start_us + round(self.drift_share * self.days) * DAY_US

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
