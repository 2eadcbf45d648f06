"""What the billing system knows: plans, subscriptions as of any day, payments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from marquee.synthetic import vocabulary
from marquee.synthetic.configuration import DAY_US, HOUR_US, SECOND_US, SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.lives import (
    ACTIVE,
    INVOLUNTARY,
    NO_DAY,
    NONE,
    PAST_DUE,
    TRIAL,
    Lives,
)
from marquee.synthetic.rows import Booleans, Integers, Rows

NEVER = np.iinfo(np.int64).max
STATUSES = ("cancelled", "trial", "active", "past_due")
PAYMENT_STATUSES = ("succeeded", "failed", "refunded")
SUCCEEDED, FAILED, REFUNDED = range(3)
# Machines bill in the small hours, people decide between noon and evening.
BILLING_HOURS, DECIDING_HOURS = (2, 8), (12, 20)
LATE_PAYMENT_SHARE = 0.02


@dataclass(frozen=True)
class SubscriptionTimes(Rows):
    """When what happened to each subscription, microseconds since 1970, or `NEVER`.

    Attributes:
        subscribed_at: Beginning.
        changed_at: Change of the plan.
        renewal_off_at: Automatic renewal switched off.
        cancelled_at: Cancellation.
        ended_at: End of the service.
        billed_us: Time of the day at which attempts are made.
    """

    subscribed_at: Integers
    changed_at: Integers
    renewal_off_at: Integers
    cancelled_at: Integers
    ended_at: Integers
    billed_us: Integers


@dataclass(frozen=True)
class SubscriptionStates(Rows):
    """All subscriptions as they stand at the end of a day; `NEVER` is not known yet.

    Attributes:
        subscription: Number of the subscription.
        plan: Index into `vocabulary.PLANS`.
        status: Index into `STATUSES`.
        cancellation: 0, `VOLUNTARY` or `INVOLUNTARY`.
        reason: Index into `vocabulary.CANCELLATION_REASONS`, -1 for none.
        has_auto_renewal: Whether it renews itself.
        plan_started_at: Microseconds since 1970.
        cancelled_at: Microseconds since 1970, or `NEVER`.
        ended_at: Microseconds since 1970, or `NEVER`.
    """

    subscription: Integers
    plan: Integers
    status: Integers
    cancellation: Integers
    reason: Integers
    has_auto_renewal: Booleans
    plan_started_at: Integers
    cancelled_at: Integers
    ended_at: Integers


@dataclass(frozen=True)
class Payments(Rows):
    """One row an attempt or a refund, in order of receipt.

    Attributes:
        number: Number of the payment.
        subscription: Number of the subscription.
        customer: Number of the customer.
        currency: Index into `vocabulary.CURRENCIES`.
        status: Index into `PAYMENT_STATUSES`.
        reason: Index into `vocabulary.FAILURE_REASONS`, -1 if it did not fail.
        attempt: From 1; 0 for a refund.
        plan: Index into `vocabulary.PLANS`.
        is_raised: Whether the raised prices hold.
        paid_at: Microseconds since 1970, UTC.
        received_at: Microseconds since 1970, UTC.
    """

    number: Integers
    subscription: Integers
    customer: Integers
    currency: Integers
    status: Integers
    reason: Integers
    attempt: Integers
    plan: Integers
    is_raised: Booleans
    paid_at: Integers
    received_at: Integers


def currencies(customers: Customers) -> Integers:
    """Return the currency of each customer, that of the country of registration."""
    known = [vocabulary.CURRENCIES.index(code) for code in vocabulary.COUNTRY_CURRENCIES]
    return np.array(known)[customers.country]


def prices(*, is_raised: bool) -> npt.NDArray[np.str_]:
    """Return amounts as text: plans by currencies."""
    raised = {vocabulary.RAISED_PLAN: vocabulary.RAISED_PRICES} if is_raised else {}
    return np.array([
        raised.get(name, amounts) for name, (*_, amounts) in vocabulary.PLANS.items()
    ])  # fmt: skip


def raise_day(configuration: SyntheticConfiguration) -> int:
    """Return the first day of the world with the raised prices."""
    return configuration.days * 2 // 3


def subscription_times(
    configuration: SyntheticConfiguration, customers: Customers, lives: Lives
) -> SubscriptionTimes:
    """Return when what happened to each subscription, to the microsecond."""
    random = configuration.random("billing")
    rows = lives.subscriptions
    count = len(rows)

    def time_of(day: Integers, first: int, last: int) -> Integers:
        moment = random.integers(first * 3_600, last * 3_600, count) * SECOND_US
        known = np.where(day == NO_DAY, 0, day)
        return np.where(day == NO_DAY, NEVER, configuration.start_us + known * DAY_US + moment)

    billed = random.integers(BILLING_HOURS[0] * 3_600, BILLING_HOURS[1] * 3_600, count) * SECOND_US
    is_first = rows.start_day == customers.registered_day[rows.customer]
    minutes = random.integers(30, 900, count) * SECOND_US
    subscribed_at = np.where(
        is_first,
        customers.registered_at[rows.customer] + minutes,
        time_of(rows.start_day, 9, 22),
    )
    ends = rows.end_day != NO_DAY
    end_us = configuration.start_us + np.where(ends, rows.end_day, 0) * DAY_US + billed
    # What fails for good, and what is not renewed, ends at once.
    at_once = ends & (rows.cancel_day == rows.end_day)
    is_failed = rows.cancellation == INVOLUNTARY
    ended_at = np.where(ends, end_us + 60 * SECOND_US * is_failed, NEVER)
    decided_at = time_of(rows.cancel_day, *DECIDING_HOURS)
    return SubscriptionTimes(
        subscribed_at=subscribed_at,
        changed_at=time_of(rows.change_day, *DECIDING_HOURS),
        renewal_off_at=time_of(rows.renewal_off_day, *DECIDING_HOURS),
        cancelled_at=np.where(at_once, ended_at, decided_at),
        ended_at=ended_at,
        billed_us=billed,
    )


def subscription_states(
    configuration: SyntheticConfiguration, lives: Lives, times: SubscriptionTimes, day: int
) -> SubscriptionStates:
    """Return the subscriptions that have begun, as they stand at the end of a day."""
    end_us = configuration.start_us + (day + 1) * DAY_US
    chosen = np.flatnonzero((times.subscribed_at < end_us) & (lives.subscriptions.start_day <= day))
    rows, own = lives.subscriptions.take(chosen), times.take(chosen)
    is_newest = lives.subscription[day, rows.customer] == chosen
    state = np.where(is_newest, lives.status[day, rows.customer], NONE)
    codes = np.zeros(5, np.int64)
    codes[[TRIAL, ACTIVE, PAST_DUE]] = [1, 2, 3]
    is_cancelled, is_off = rows.cancel_day <= day, rows.renewal_off_day <= day
    has_changed = rows.change_day <= day
    return SubscriptionStates(
        subscription=chosen,
        plan=np.where(has_changed, rows.new_plan, rows.plan),
        status=codes[state],
        cancellation=np.where(is_cancelled, rows.cancellation, 0),
        reason=np.where(is_cancelled, rows.reason, -1),
        has_auto_renewal=~(is_cancelled | is_off),
        plan_started_at=np.where(has_changed, own.changed_at, own.subscribed_at),
        cancelled_at=np.where(is_cancelled, own.cancelled_at, NEVER),
        ended_at=np.where(is_cancelled | is_off, own.ended_at, NEVER),
    )


def make_payments(
    configuration: SyntheticConfiguration,
    customers: Customers,
    lives: Lives,
    times: SubscriptionTimes,
) -> Payments:
    """Return the payments that were received before the world ends."""
    random = configuration.random("payments")
    attempts = lives.attempts
    count = len(attempts)
    row = attempts.subscription
    customer = lives.subscriptions.customer[row]
    midnight = configuration.start_us + attempts.day * DAY_US
    is_refund = attempts.attempt == 0
    paid_at = midnight + times.billed_us[row]
    # The first payment without a trial is made with the subscription.
    is_first = lives.subscriptions.start_day[row] == attempts.day
    paid_at = np.where(is_first, times.subscribed_at[row] + 5 * SECOND_US, paid_at)
    paid_at = np.where(is_refund, midnight + random.integers(9, 17, count) * HOUR_US, paid_at)
    delay = random.integers(1, 180, count) * SECOND_US
    is_late = random.random(count) < LATE_PAYMENT_SHARE
    delay += np.where(is_late, random.integers(2 * HOUR_US, 3 * DAY_US, count), 0)
    payments = Payments(
        number=np.arange(count),
        subscription=row,
        customer=customer,
        currency=currencies(customers)[customer],
        status=np.where(is_refund, REFUNDED, np.where(attempts.is_failed, FAILED, SUCCEEDED)),
        reason=np.where(attempts.is_failed, attempts.reason, -1),
        attempt=attempts.attempt,
        plan=attempts.plan,
        is_raised=attempts.day >= raise_day(configuration),
        paid_at=paid_at,
        received_at=paid_at + delay,
    )
    return payments.until(configuration.end_us, "received_at")
