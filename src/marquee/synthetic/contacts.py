"""Service cases and retention offers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marquee.synthetic import vocabulary
from marquee.synthetic.configuration import DAY_US, HOUR_US, SECOND_US, SyntheticConfiguration
from marquee.synthetic.lives import Lives
from marquee.synthetic.rows import Integers, Rows, draw

STATUSES = ("open", "pending", "closed")
OPEN, PENDING, CLOSED = range(3)
NOT_YET = np.iinfo(np.int64).max
PENDING_SHARE, ANSWER_SHARE = 0.4, 0.6
SATISFACTION_SHARES = (0.14, 0.16, 0.20, 0.28, 0.22)
UNSOLVED_SATISFACTION_SHARES = (0.40, 0.28, 0.18, 0.10, 0.04)


@dataclass(frozen=True)
class CaseChanges(Rows):
    """One row a change of a service case, in order of receipt.

    Attributes:
        case: Number of the case.
        customer: Number of the customer.
        channel: Index into `vocabulary.CASE_CHANNELS`.
        topic: Index into `vocabulary.CASE_TOPICS`.
        status: Index into `STATUSES`, after the change.
        satisfaction: 1 to 5, 0 for none.
        opened_at: Microseconds since 1970, UTC.
        closed_at: Microseconds since 1970, or `NOT_YET`.
        updated_at: Microseconds since 1970, UTC.
        received_at: Microseconds since 1970, UTC.
    """

    case: Integers
    customer: Integers
    channel: Integers
    topic: Integers
    status: Integers
    satisfaction: Integers
    opened_at: Integers
    closed_at: Integers
    updated_at: Integers
    received_at: Integers


@dataclass(frozen=True)
class LandedOffers(Rows):
    """One row a retention offer, in order of receipt.

    Attributes:
        offer: Number of the offer.
        row: Row of `lives.offers`.
        name: Index into `vocabulary.OFFER_NAMES`.
        offered_at: Microseconds since 1970, UTC.
        received_at: Microseconds since 1970, UTC.
    """

    offer: Integers
    row: Integers
    name: Integers
    offered_at: Integers
    received_at: Integers


def make_case_changes(configuration: SyntheticConfiguration, lives: Lives) -> CaseChanges:
    """Return the changes of cases that were received before the world ends."""
    random = configuration.random("service cases")
    troubles = lives.troubles
    count = len(troubles)
    opened_at = (
        configuration.start_us
        + troubles.day * DAY_US
        + random.integers(8 * HOUR_US, 21 * HOUR_US, count)
    )
    channel = draw(random, vocabulary.CASE_CHANNELS.values(), count)
    pending_at = opened_at + random.integers(600 * SECOND_US, 20 * HOUR_US, count)
    is_pending = random.random(count) < PENDING_SHARE
    begun = np.where(is_pending, pending_at, opened_at)
    closed_at = begun + random.integers(900 * SECOND_US, 72 * HOUR_US, count)
    # Trouble with playing is seldom solved by a service desk.
    is_unsolved = troubles.topic == vocabulary.CASE_TOPICS.index("playback")
    satisfaction = 1 + np.where(
        is_unsolved,
        draw(random, UNSOLVED_SATISFACTION_SHARES, count),
        draw(random, SATISFACTION_SHARES, count),
    )
    satisfaction[random.random(count) >= ANSWER_SHARE] = 0

    case = np.concatenate([np.arange(count), np.flatnonzero(is_pending), np.arange(count)])
    status = np.repeat([OPEN, PENDING, CLOSED], [count, int(is_pending.sum()), count])
    updated_at = np.concatenate([opened_at, pending_at[is_pending], closed_at])
    is_closed = status == CLOSED
    changes = CaseChanges(
        case=case,
        customer=troubles.customer[case],
        channel=channel[case],
        topic=troubles.topic[case],
        status=status,
        satisfaction=np.where(is_closed, satisfaction[case], 0),
        opened_at=opened_at[case],
        closed_at=np.where(is_closed, closed_at[case], NOT_YET),
        updated_at=updated_at,
        received_at=updated_at + random.integers(5, 300, len(case)) * SECOND_US,
    )
    return changes.until(configuration.end_us, "received_at")


def make_offers(configuration: SyntheticConfiguration, lives: Lives) -> LandedOffers:
    """Return the retention offers that were received before the world ends."""
    random = configuration.random("retention offers")
    offers = lives.offers
    count = len(offers)
    moment = random.integers(10 * HOUR_US, 12 * HOUR_US, count)
    offered_at = configuration.start_us + offers.day * DAY_US + moment
    landed = LandedOffers(
        offer=np.arange(count),
        row=np.arange(count),
        name=offers.campaign % len(vocabulary.OFFER_NAMES),
        offered_at=offered_at,
        received_at=offered_at + random.integers(60, 7_200, count) * SECOND_US,
    )
    return landed.until(configuration.end_us, "received_at")
