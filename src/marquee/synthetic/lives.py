"""How customers come, lose interest, have trouble, and leave: a day after the other.

What drives a cancellation shows before it does. A customer who loses interest watches less for
weeks, a bad connection makes pictures stall and players fail, a bad card fails at the next
payment, and much of that ends in service cases. The hazard of cancelling on a day is

    h = base · exp(5.2 (1 - interest) + 2.6 quality + cases + 1.6 failures
                                    + offer)

where `quality`, `cases` and `failures` fade over about three weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt

from marquee.synthetic import vocabulary
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.rows import Booleans, Floats, Integers, Rows, draw

Found = TypeVar("Found", bound=Rows)

NONE, TRIAL, ACTIVE, PAST_DUE, CANCELLED = range(5)
VOLUNTARY, INVOLUNTARY = 1, 2
NO_DAY = np.iinfo(np.int64).max

BASE_HAZARD = 0.00013
INTEREST_WEIGHT, QUALITY_WEIGHT, CASE_WEIGHT, FAILURE_WEIGHT = 5.2, 2.6, 1.0, 1.6
FADING, QUALITY_FADING = 0.95, 0.9
# Interest: how many lose it a day, how fast it falls, how many find it again.
LOSS_RATE, INTEREST_STEP, RECOVERY_RATE, RECOVERY_STEP = 0.0023, 0.95, 0.003, 1.06
LEAST_INTEREST = 0.08
# Spells of a bad connection.
SPELL_RATE, SPELL_DAYS = 0.003, (8, 30)
CARD_RATE, FAILURE_RATE, RETRY_DAYS = 0.0012, 0.015, (3, 5)
REPAIR_RATES = (0.40, 0.45)
TRIAL_DAYS, TRIAL_SHARE, TRIAL_HAZARD = 7, 0.7, 0.015
LAPSED_SHARE, LAPSED_DAYS, RETURN_RATE = 0.12, 40, 0.0012
NO_AUTO_RENEWAL_SHARE, PLAN_CHANGE_RATE, REFUND_RATE = 0.25, 0.0007, 0.004
CASE_RATE, CASE_PER_TROUBLE = 0.0006, (0.04, 0.25, 0.012)
CAMPAIGN_DAYS, CAMPAIGN_FIRST_DAY, OFFER_DAYS = 30, 10, 60
CAMPAIGN_SHARE = 0.12
TREATMENT_PROBABILITIES = (0.5, 0.65, 0.8)


@dataclass(frozen=True)
class Subscriptions(Rows):
    """One row a subscription; a customer may have several one after the other.

    Attributes:
        customer: Number of the customer.
        start_day: Day of the world, negative before it.
        plan: Index into `vocabulary.PLANS` at the start.
        trial_end_day: Day, or `NO_DAY` without a trial.
        new_plan: The plan after a change.
        change_day: Day of the change, or `NO_DAY`.
        renewal_off_day: Day on which automatic renewal was switched off, or `NO_DAY`.
        cancel_day: Day of the cancellation, or `NO_DAY`.
        end_day: First day without the service, or `NO_DAY`; known once renewal is off.
        cancellation: 0, `VOLUNTARY` or `INVOLUNTARY`.
        reason: Index into `vocabulary.CANCELLATION_REASONS`.
    """

    customer: Integers
    start_day: Integers
    plan: Integers
    trial_end_day: Integers
    new_plan: Integers
    change_day: Integers
    renewal_off_day: Integers
    cancel_day: Integers
    end_day: Integers
    cancellation: Integers
    reason: Integers


@dataclass(frozen=True)
class Attempts(Rows):
    """One row an attempt to collect a payment, or a refund.

    Attributes:
        subscription: Row of the subscription.
        day: Day of the world.
        attempt: 1 to 3; 0 is a refund.
        is_failed: Whether it failed.
        plan: Index into `vocabulary.PLANS`.
        reason: Index into `vocabulary.FAILURE_REASONS`.
    """

    subscription: Integers
    day: Integers
    attempt: Integers
    is_failed: Booleans
    plan: Integers
    reason: Integers


@dataclass(frozen=True)
class Troubles(Rows):
    """One row a service case.

    Attributes:
        customer: Number of the customer.
        day: Day on which it was opened.
        topic: Index into `vocabulary.CASE_TOPICS`.
    """

    customer: Integers
    day: Integers
    topic: Integers


@dataclass(frozen=True)
class Offers(Rows):
    """One row a customer chosen for a retention offer.

    Attributes:
        customer: Number of the customer.
        day: Day on which the campaign chose.
        campaign: Number of the campaign.
        probability: Index into `TREATMENT_PROBABILITIES`.
        is_treated: Whether chance gave the offer.
        hazard: Daily hazard on that day before the offer.
    """

    customer: Integers
    day: Integers
    campaign: Integers
    probability: Integers
    is_treated: Booleans
    hazard: Floats


@dataclass(frozen=True)
class Lives:
    """What becomes of all customers, day by day.

    Attributes:
        engagement: Days by customers: sessions against the customer's usual, 0 if not subscribed.
        has_bad_quality: Days by customers: whether pictures stall.
        status: Days by customers: state of the newest subscription at the end of the day.
        subscription: Days by customers: row of the newest subscription, -1 for none.
        hazard: Days by customers: of cancelling on the next day, NaN if there is nothing to cancel.
        subscriptions: All subscriptions.
        attempts: All payments within the world.
        troubles: All service cases.
        offers: All retention offers.
    """

    engagement: npt.NDArray[np.float32]
    has_bad_quality: Booleans
    status: npt.NDArray[np.int8]
    subscription: npt.NDArray[np.int32]
    hazard: npt.NDArray[np.float32]
    subscriptions: Subscriptions
    attempts: Attempts
    troubles: Troubles
    offers: Offers


def simulate_lives(configuration: SyntheticConfiguration, customers: Customers) -> Lives:
    """Return what becomes of the customers of a world."""
    simulation = _Simulation(configuration, customers)
    for day in range(configuration.days):
        simulation.pass_day(day)
    return simulation.lives()


class _Simulation:
    """The state of all customers on one day, and what has happened so far."""

    def __init__(self, configuration: SyntheticConfiguration, customers: Customers) -> None:
        count, days = len(customers), configuration.days
        self._random = configuration.random("lives")
        self._customers = customers
        self._calendar = _Calendar(configuration)
        segments = vocabulary.SEGMENTS.values()
        self._churn = np.array([segment.churn for segment in segments])[customers.segment]
        self._effect = np.array([each.offer_effect for each in segments])[customers.segment]

        self._state = np.full(count, NONE, np.int8)
        self._row = np.full(count, -1, np.int32)
        self._plan = np.zeros(count, np.int64)
        self._renewal_day = np.full(count, NO_DAY)
        self._renews = np.ones(count, np.bool_)
        self._attempt = np.zeros(count, np.int64)
        self._retry_day = np.full(count, NO_DAY)
        self._interest = np.ones(count)
        self._is_losing = np.zeros(count, np.bool_)
        self._spell_end = np.full(count, -1)
        self._has_bad_card = np.zeros(count, np.bool_)
        self._quality = np.zeros(count)
        self._cases = np.zeros(count)
        self._failures = np.zeros(count)
        self._offer_end = np.full(count, -1)

        self._found: dict[type[Rows], list[Rows]] = {Attempts: [], Troubles: [], Offers: []}
        self._opened: dict[str, list[Integers]] = {
            field.name: [] for field in fields(Subscriptions)
        }
        self._changes: list[tuple[str, Integers, Integers]] = []
        self._row_count = 0
        self._engagement = np.zeros((days, count), np.float32)
        self._has_bad_quality = np.zeros((days, count), np.bool_)
        self._status = np.zeros((days, count), np.int8)
        self._rows = np.zeros((days, count), np.int32)
        self._hazard = np.full((days, count), np.nan, np.float32)
        self._begin()

    def _begin(self) -> None:
        """Subscribe those who registered before the world; some have left already."""
        random, start = self._random, self._customers.registered_day
        old = np.flatnonzero(start < 0)
        # Most that began long ago are of the present plan for as long; the rest does not matter.
        rows = self._open(old, start[old], has_trial=np.zeros(len(old), np.bool_))
        has_left = (random.random(len(old)) < LAPSED_SHARE) & (start[old] < -LAPSED_DAYS)
        lapsed, row = old[has_left], rows[has_left]
        stayed = 1 + (random.random(len(lapsed)) * (-start[lapsed] - 2)).astype(np.int64)
        cancel_day = start[lapsed] + stayed
        end_day = np.minimum(self._calendar.later(cancel_day, 1), 0)
        self._set(row, cancel_day=cancel_day, end_day=end_day)
        self._set(row, cancellation=np.full(len(row), VOLUNTARY), reason=self._reasons(len(row)))
        self._state[lapsed] = NONE
        present = old[~has_left]
        months = self._months[self._plan[present]]
        self._renewal_day[present] = self._calendar.next_after(start[present], months, -1)
        # Some lost interest before the world began.
        self._is_losing[present] = random.random(len(present)) < 0.08
        self._interest[present] = np.where(
            self._is_losing[present], random.uniform(0.3, 1, len(present)), 1
        )
        self._has_bad_card[present] = random.random(len(present)) < 0.03

    @property
    def _months(self) -> Integers:
        return np.array([months for _, _, months, _, _ in vocabulary.PLANS.values()])

    def pass_day(self, day: int) -> None:
        """Let a day pass."""
        customers, random = self._customers, self._random
        count = len(customers)
        is_paying = (self._state != NONE) & (self._state != CANCELLED)
        # Whoever is subscribed at the start of the day watches, but not on its last day.
        watches = self._state != NONE

        chance = random.random(count)
        loses = is_paying & ~self._is_losing & (chance < LOSS_RATE * self._churn)
        finds = self._is_losing & (chance > 1 - RECOVERY_RATE)
        self._is_losing = (self._is_losing | loses) & ~finds
        step = np.where(self._is_losing, INTEREST_STEP, RECOVERY_STEP)
        self._interest = np.clip(self._interest * step, LEAST_INTEREST, 1)

        chance = random.random(count)
        begins = np.flatnonzero((chance < SPELL_RATE) & (self._spell_end < day))
        self._spell_end[begins] = day + random.integers(*SPELL_DAYS, len(begins))
        is_bad = self._spell_end > day
        self._has_bad_card |= random.random(count) < CARD_RATE

        self._quality = self._quality * QUALITY_FADING + (1 - QUALITY_FADING) * is_bad
        self._cases *= FADING
        self._failures *= FADING
        self._collect_payments(day)
        self._open_cases(day, is_bad, is_paying)
        hazard = self._hazards(day)
        self._cancel(day, hazard)
        self._change_plans(day)
        if day % CAMPAIGN_DAYS == CAMPAIGN_FIRST_DAY:
            self._offer(day, hazard)
        self._subscribe(day)

        watches &= self._state != NONE
        usual = np.where(self._state == CANCELLED, 0.6 * self._interest, self._interest)
        self._engagement[day] = watches * usual
        self._has_bad_quality[day] = is_bad
        self._status[day] = self._state
        self._rows[day] = self._row
        self._hazard[day] = np.where(self._is_paying(), self._hazards(day), np.nan)

    def lives(self) -> Lives:
        """Return what has happened."""
        columns = {name: np.concatenate(parts) for name, parts in self._opened.items()}
        for name, rows, values in self._changes:
            columns[name][rows] = values
        return Lives(
            engagement=self._engagement,
            has_bad_quality=self._has_bad_quality,
            status=self._status,
            subscription=self._rows,
            hazard=self._hazard,
            subscriptions=Subscriptions(**columns),
            attempts=self._all(Attempts),
            troubles=self._all(Troubles),
            offers=self._all(Offers),
        )

    def _all(self, kind: type[Found]) -> Found:
        first, *others = cast("list[Found]", self._found[kind])
        return first.followed_by(*others)

    def _is_paying(self) -> Booleans:
        is_paying: Booleans = (self._state != NONE) & (self._state != CANCELLED)
        return is_paying

    def _hazards(self, day: int) -> Floats:
        logarithm = (
            INTEREST_WEIGHT * (1 - self._interest)
            + QUALITY_WEIGHT * self._quality
            + CASE_WEIGHT * np.minimum(self._cases, 2)
            + FAILURE_WEIGHT * np.minimum(self._failures, 2)
            + np.where(self._offer_end > day, self._effect, 0)
        )
        hazard = BASE_HAZARD * np.exp(logarithm)
        hazard[self._state == TRIAL] += TRIAL_HAZARD
        return np.minimum(hazard, 0.25)

    def _open(self, customer: Integers, day: Integers, has_trial: Booleans) -> Integers:
        """Open subscriptions and return their rows."""
        shares = [share for _, _, _, share, _ in vocabulary.PLANS.values()]
        count = len(customer)
        rows = self._row_count + np.arange(count)
        self._row_count += count
        plan = draw(self._random, shares, count)
        none = np.full(count, NO_DAY)
        row = Subscriptions(
            customer=customer,
            start_day=day,
            plan=plan,
            trial_end_day=np.where(has_trial, day + TRIAL_DAYS, NO_DAY),
            new_plan=plan,
            change_day=none,
            renewal_off_day=none,
            cancel_day=none,
            end_day=none,
            cancellation=np.zeros(count, np.int64),
            reason=np.zeros(count, np.int64),
        )
        for name, parts in self._opened.items():
            parts.append(getattr(row, name).copy())
        self._plan[customer] = plan
        self._row[customer] = rows
        self._state[customer] = np.where(has_trial, TRIAL, ACTIVE)
        self._renews[customer] = True
        self._attempt[customer] = 0
        self._retry_day[customer] = NO_DAY
        return rows

    def _set(self, rows: Integers, **columns: Integers) -> None:
        self._changes += [(name, rows, values) for name, values in columns.items()]

    def _reasons(self, count: int) -> Integers:
        return draw(self._random, vocabulary.CANCELLATION_REASONS.values(), count)

    def _end(self, customer: Integers) -> None:
        self._state[customer] = NONE
        self._renewal_day[customer] = NO_DAY
        self._retry_day[customer] = NO_DAY
        self._attempt[customer] = 0

    def _pay(self, customer: Integers, day: int, attempt: Integers, is_failed: Booleans) -> None:
        reasons = draw(self._random, vocabulary.FAILURE_REASONS.values(), len(customer))
        self._found[Attempts].append(
            Attempts(
                subscription=self._row[customer].astype(np.int64),
                day=np.full(len(customer), day),
                attempt=attempt,
                is_failed=is_failed,
                plan=self._plan[customer],
                reason=reasons,
            )
        )

    def _collect_payments(self, day: int) -> None:
        random, state = self._random, self._state
        # What was cancelled runs out, and what does not renew itself ends as well.
        runs_out = np.flatnonzero((self._renewal_day == day) & (state == CANCELLED))
        self._end(runs_out)
        lapses = np.flatnonzero((self._renewal_day == day) & ~self._renews)
        self._set(
            self._row[lapses],
            cancel_day=np.full(len(lapses), day),
            end_day=np.full(len(lapses), day),
            cancellation=np.full(len(lapses), VOLUNTARY),
            reason=self._reasons(len(lapses)),
        )
        self._end(lapses)

        due = np.flatnonzero((self._renewal_day == day) | (self._retry_day == day))
        attempt = self._attempt[due] + 1
        repairs = np.array([0, *REPAIR_RATES])[attempt - 1]
        self._has_bad_card[due] &= random.random(len(due)) >= repairs
        is_failed = self._has_bad_card[due] | (random.random(len(due)) < FAILURE_RATE)
        self._pay(due, day, attempt, is_failed)
        self._failures[due[is_failed]] += 1

        paid = due[~is_failed]
        # The next period follows the one that was due, not the day that it was paid.
        since = np.where(self._retry_day[paid] == day, self._due_day(paid), day)
        self._renewal_day[paid] = self._calendar.later(since, self._months[self._plan[paid]])
        self._attempt[paid] = 0
        self._retry_day[paid] = NO_DAY
        state[paid] = ACTIVE

        failed, number = due[is_failed], attempt[is_failed]
        again = failed[number < 3]
        self._renewal_day[failed] = NO_DAY
        self._attempt[failed] = number
        self._retry_day[again] = day + np.array(RETRY_DAYS)[number[number < 3] - 1]
        state[again] = PAST_DUE
        lost = failed[number == 3]
        self._set(
            self._row[lost],
            cancel_day=np.full(len(lost), day),
            end_day=np.full(len(lost), day),
            cancellation=np.full(len(lost), INVOLUNTARY),
            reason=np.full(len(lost), -1),
        )
        self._end(lost)

        refunded = np.flatnonzero(
            (state == ACTIVE) & (random.random(len(state)) < REFUND_RATE / 30)
        )
        self._pay(
            refunded, day, np.zeros(len(refunded), np.int64), np.zeros(len(refunded), np.bool_)
        )

    def _due_day(self, customer: Integers) -> Integers:
        """Return the day that a payment was due that succeeds at a further attempt."""
        waited = np.concatenate([[0], np.cumsum(RETRY_DAYS)])
        due: Integers = self._retry_day[customer] - waited[self._attempt[customer]]
        return due

    def _open_cases(self, day: int, is_bad: Booleans, is_paying: Booleans) -> None:
        random, count = self._random, len(is_bad)
        rates = np.stack([
            np.full(count, CASE_RATE),
            CASE_PER_TROUBLE[0] * is_bad,
            CASE_PER_TROUBLE[1] * (self._attempt > 0) * (self._failures > 0.9),
            CASE_PER_TROUBLE[2] * (1 - self._interest),
        ])  # fmt: skip
        chance = random.random(count)
        opens = np.flatnonzero(is_paying & (chance < rates.sum(axis=0)))
        bounds = np.cumsum(rates[:, opens], axis=0)
        cause = (chance[opens] >= bounds).sum(axis=0)
        topics = vocabulary.CASE_TOPICS
        other = np.array([topics.index(name) for name in ("account", "content", "other")])
        topic = np.choose(
            np.minimum(cause, 3),
            [
                other[random.integers(0, len(other), len(opens))],
                topics.index("playback"),
                topics.index("billing"),
                np.where(
                    random.random(len(opens)) < 0.5,
                    topics.index("content"),
                    topics.index("cancellation"),
                ),
            ],
        )
        self._cases[opens] += 1
        self._found[Troubles].append(Troubles(opens, np.full(len(opens), day), topic))

    def _cancel(self, day: int, hazard: Floats) -> None:
        chance = self._random.random(len(hazard))
        leaves = np.flatnonzero(self._is_paying() & self._renews & (chance < hazard))
        by_renewal = self._random.random(len(leaves)) < NO_AUTO_RENEWAL_SHARE
        # Who owes something can't just let it run out.
        by_renewal &= self._state[leaves] == ACTIVE
        silent, told = leaves[by_renewal], leaves[~by_renewal]
        self._renews[silent] = False
        self._set(
            self._row[silent],
            renewal_off_day=np.full(len(silent), day),
            end_day=self._renewal_day[silent],
        )

        owes = self._state[told] == PAST_DUE
        # What is paid for runs on; what is not ends on the next day.
        end_day = np.where(owes, day + 1, np.maximum(self._renewal_day[told], day + 1))
        self._set(
            self._row[told],
            cancel_day=np.full(len(told), day),
            end_day=end_day,
            cancellation=np.full(len(told), VOLUNTARY),
            reason=self._reasons(len(told)),
        )
        self._renewal_day[told] = end_day
        self._retry_day[told] = NO_DAY
        self._state[told] = CANCELLED

    def _change_plans(self, day: int) -> None:
        random = self._random
        may = (self._state == ACTIVE) & (self._months[self._plan] == 1) & self._renews
        changes = np.flatnonzero(may & (random.random(len(may)) < PLAN_CHANGE_RATE))
        # The first of two changes would be forgotten: one a subscription.
        changes = changes[np.isin(self._row[changes], self._changed_rows(), invert=True)]
        monthly = int((self._months == 1).sum())
        plan = (self._plan[changes] + random.integers(1, monthly, len(changes))) % monthly
        self._plan[changes] = plan
        rows = self._row[changes]
        self._set(rows, new_plan=plan, change_day=np.full(len(changes), day))

    def _changed_rows(self) -> Integers:
        changed = [rows for name, rows, _ in self._changes if name == "change_day"]
        return np.concatenate(changed) if changed else np.zeros(0, np.int64)

    def _offer(self, day: int, hazard: Floats) -> None:
        random = self._random
        known = np.flatnonzero((self._state == ACTIVE) | (self._state == PAST_DUE))
        # Whoever chooses sees the risk, but not exactly, and takes some at random.
        seen = np.log(hazard[known]) + random.normal(0, 0.7, len(known))
        size = int(CAMPAIGN_SHARE * len(known))
        chosen = np.sort(known[np.argsort(-seen)[:size]])
        number = day // CAMPAIGN_DAYS
        probability = random.integers(0, len(TREATMENT_PROBABILITIES), len(chosen))
        is_treated = random.random(len(chosen)) < np.array(TREATMENT_PROBABILITIES)[probability]
        self._offer_end[chosen[is_treated]] = day + OFFER_DAYS
        self._found[Offers].append(
            Offers(
                customer=chosen,
                day=np.full(len(chosen), day),
                campaign=np.full(len(chosen), number),
                probability=probability,
                is_treated=is_treated,
                hazard=hazard[chosen],
            )
        )

    def _subscribe(self, day: int) -> None:
        random, registered = self._random, self._customers.registered_day
        chance = random.random(len(registered))
        new = np.flatnonzero(registered == day)
        self._open(new, np.full(len(new), day), random.random(len(new)) < TRIAL_SHARE)
        returns = (self._state == NONE) & (registered < day) & (chance < RETURN_RATE)
        # A new subscription never on the day that the old one ended.
        returns &= (day > 0) & (self._status[max(day - 1, 0)] == NONE)
        back = np.flatnonzero(returns)
        self._open(back, np.full(len(back), day), np.zeros(len(back), np.bool_))
        self._interest[back] = 0.9
        self._is_losing[back] = False
        self._has_bad_card[back] = False
        opened = np.concatenate([new, back])
        direct = opened[self._state[opened] == ACTIVE]
        self._renewal_day[opened] = day + TRIAL_DAYS
        # Without a trial the first period is paid at once.
        nothing = np.zeros(len(direct), np.int64)
        self._pay(direct, day, nothing + 1, nothing > 0)
        self._renewal_day[direct] = self._calendar.later(
            np.full(len(direct), day), self._months[self._plan[direct]]
        )


class _Calendar:
    """Months of the calendar, in days of the world."""

    def __init__(self, configuration: SyntheticConfiguration) -> None:
        self._start = np.datetime64(configuration.start_date)

    def later(self, day: Integers, months: Integers | int) -> Integers:
        """Return the same day so many months later, at the latest the 28th."""
        dates = self._start + day
        month = dates.astype("M8[M]")
        place = np.minimum((dates - month.astype("M8[D]")).astype(np.int64), 27)
        moved = (month + months).astype("M8[D]") + place
        later: Integers = (moved - self._start).astype(np.int64)
        return later

    def next_after(self, day: Integers, months: Integers, after: int) -> Integers:
        """Return the first end of a period that began on `day` that comes after a day."""
        found = self.later(day, months)
        while (early := found <= after).any():
            found[early] = self.later(found[early], months[early])
        return found
