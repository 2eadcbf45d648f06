"""Subscriptions, payments, cases and offers fit together, and what makes customers leave shows."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from marquee.synthetic import SyntheticConfiguration
from marquee.synthetic.configuration import DAY_US
from marquee.synthetic.generation import make_world
from marquee.synthetic.lives import PAST_DUE, TREATMENT_PROBABILITIES
from marquee.synthetic.truth import World as Truth

from .conftest import World, at, day_of

CONFIGURATION = SyntheticConfiguration(scale=0.05, seed=5)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return make_world(CONFIGURATION)


def area_under_curve(is_positive: npt.NDArray[np.bool_], score: npt.NDArray[np.float64]) -> float:
    """Return the share of pairs that the score has in the right order (Mann and Whitney 1947)."""
    order = np.argsort(score, kind="stable")
    rank = np.empty(len(score))
    _, inverse, counts = np.unique(score[order], return_inverse=True, return_counts=True)
    rank[order] = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = is_positive.sum()
    return float(
        (rank[is_positive].sum() - positives * (positives + 1) / 2)
        / (positives * (len(score) - positives))
    )


def test_cancellations_can_be_foreseen(truth: Truth) -> None:
    lives, day = truth.lives, CONFIGURATION.days - 31
    chosen = np.flatnonzero(~np.isnan(lives.hazard[day]))
    row = lives.subscription[day, chosen]
    cancel_day = lives.subscriptions.cancel_day[row]
    leaves = (cancel_day > day) & (cancel_day <= day + 30)
    assert 0.02 < leaves.mean() < 0.12
    known = (lives.subscriptions.renewal_off_day[row] <= day) | (
        lives.status[day, chosen] == PAST_DUE
    )
    risk = np.where(known, 1, lives.hazard[day, chosen])
    assert area_under_curve(leaves, risk) > 0.75


def test_who_leaves_watches_less_for_weeks_before(truth: Truth) -> None:
    lives, plays = truth.lives, truth.activity.plays
    subscriptions = lives.subscriptions
    leaving = np.flatnonzero(
        (subscriptions.cancellation == 1)
        & (subscriptions.cancel_day >= 90)
        & (subscriptions.cancel_day < CONFIGURATION.days)
        & (subscriptions.start_day < 0)
    )
    cancel_day = np.full(len(truth.customers), -1)
    cancel_day[subscriptions.customer[leaving]] = subscriptions.cancel_day[leaving]
    age = cancel_day[plays.customer] - (truth.activity.played_at - CONFIGURATION.start_us) // DAY_US
    of_leaving = cancel_day[plays.customer] >= 0
    minutes = plays.watched_ms
    last = minutes[of_leaving & (age > 0) & (age <= 21)].sum() / 21
    before = minutes[of_leaving & (age > 60) & (age <= 90)].sum() / 30
    assert 0 < last < 0.6 * before


def test_trouble_comes_before_leaving(truth: Truth) -> None:
    lives, day = truth.lives, CONFIGURATION.days - 31
    chosen = np.flatnonzero(~np.isnan(lives.hazard[day]))
    cancel_day = lives.subscriptions.cancel_day[lives.subscription[day, chosen]]
    leaves = (cancel_day > day) & (cancel_day <= day + 30)
    troubles, attempts = lives.troubles, lives.attempts
    recent = troubles.customer[(troubles.day > day - 30) & (troubles.day <= day)]
    cases = np.bincount(recent, minlength=len(truth.customers))[chosen]
    assert cases[leaves].mean() > 1.5 * cases[~leaves].mean()
    failed = attempts.take(attempts.is_failed & (attempts.day > day - 30) & (attempts.day <= day))
    owners = lives.subscriptions.customer[failed.subscription]
    failures = np.bincount(owners, minlength=len(truth.customers))[chosen]
    assert failures[leaves].mean() > 1.5 * failures[~leaves].mean()


def test_offers_are_given_by_chance_with_the_logged_odds(truth: Truth) -> None:
    offers = truth.lives.offers
    for place, probability in enumerate(TREATMENT_PROBABILITIES):
        treated = offers.is_treated[offers.probability == place]
        assert abs(treated.mean() - probability) < 4 * np.sqrt(0.25 / len(treated))
    # They go to those at risk, and chance is blind for it.
    hazard = truth.lives.hazard[offers.day[-1]]
    assert np.median(offers.hazard) > 1.5 * np.nanmedian(hazard)
    treated, held = (offers.hazard[offers.is_treated == flag] for flag in (True, False))
    assert abs(np.log(treated).mean() - np.log(held).mean()) < 0.15


def test_subscriptions_run_from_extract_to_extract(world: World) -> None:
    names = sorted(path.name for path in (world.landing / "billing/subscriptions").iterdir())
    before: dict[str, dict[str, str]] = {}
    statuses = set()
    for name in names:
        rows = {
            row["subscription_id"]: row for row in world.csv_rows("billing/subscriptions", name)
        }
        assert before.keys() <= rows.keys()
        end = day_of(name.removesuffix(".csv.gz")) + timedelta(days=1)
        for key, row in rows.items():
            statuses.add(row["subscription_status"])
            is_cancelled = row["subscription_status"] == "cancelled"
            assert is_cancelled == bool(row["cancelled_at"]) == bool(row["cancellation_type"])
            assert row["subscribed_at"] <= row["plan_started_at"]
            assert at(row["subscribed_at"]) < end
            if is_cancelled:
                assert row["has_auto_renewal"] == "false"
                assert row["subscribed_at"] < row["cancelled_at"] <= row["ended_at"]
                assert at(row["cancelled_at"]) < end
            elif row["has_auto_renewal"] == "false":
                assert at(row["ended_at"]) > end - timedelta(days=1)
            else:
                assert not row["ended_at"]
            old = before.get(key, row)
            assert old["subscribed_at"] == row["subscribed_at"]
            assert old["cancelled_at"] in ("", row["cancelled_at"])
        before = rows
    assert statuses == {"trial", "active", "past_due", "cancelled"}
    assert {row["cancellation_type"] for row in before.values()} == {"", "voluntary", "involuntary"}
    assert any(row["plan_started_at"] != row["subscribed_at"] for row in before.values())
    owners = [row["customer_id"] for row in before.values()]
    assert len(set(owners)) < len(owners)


def test_nobody_has_two_subscriptions_at_once(world: World) -> None:
    periods: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in world.csv_rows("billing/subscriptions", "subscriptions_2026-06-30.csv.gz"):
        periods[row["customer_id"]].append((row["subscribed_at"], row["ended_at"] or "9999"))
    for several in periods.values():
        several.sort()
        assert all(a[1] < b[0] for a, b in pairwise(several))


def test_payments_have_prices_of_plans_and_attempts_in_order(world: World) -> None:
    subscriptions = {
        row["subscription_id"]: row
        for row in world.csv_rows("billing/subscriptions", "subscriptions_2026-06-30.csv.gz")
    }
    prices: dict[str, set[Decimal]] = defaultdict(set)
    for path in (world.landing / "billing/plans").iterdir():
        for row in world.csv_rows("billing/plans", path.name):
            prices[row["currency_code"]].add(Decimal(row["price_amount"]))
    assert set(prices) == {"EUR", "GBP", "PLN"}
    attempts: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for path in sorted((world.landing / "billing/payments").iterdir()):
        for row in world.csv_rows("billing/payments", path.name):
            if None in row or row["received_at"] is None or row["payment_amount"] == "abc":
                continue
            assert row["customer_id"] == subscriptions[row["subscription_id"]]["customer_id"]
            assert Decimal(row["payment_amount"]) in prices[row["currency_code"]]
            assert (row["payment_status"] == "failed") == bool(row["failure_reason"])
            assert row["paid_at"] < row["received_at"]
            if row["payment_status"] != "refunded":
                attempts[row["subscription_id"]].append((
                    row["paid_at"], int(row["attempt_number"]), row["payment_status"]
                ))  # fmt: skip
    thirds = [key for key, each in attempts.items() if sorted(set(each))[-1][1:] == (3, "failed")]
    assert thirds
    for key in thirds:
        assert subscriptions[key]["cancellation_type"] == "involuntary"


def test_cancelled_customers_are_silent_after_the_paid_period(world: World) -> None:
    ended = {}
    for row in world.csv_rows("billing/subscriptions", "subscriptions_2026-06-30.csv.gz"):
        ended[row["customer_id"]] = row["ended_at"] or "9999"
    late = sum(
        event["event_at"] > ended.get(event.get("customer_id"), "9999") for event in world.events
    )
    # A few sessions run over midnight.
    assert late < 0.001 * len(world.events)


def test_cases_open_before_they_close(world: World) -> None:
    truth = {row["customer_id"] for row in world.truth_rows("customers")}
    offers = world.truth_rows("retention_offers")
    assert {row["customer_id"] for row in offers} <= truth
    assert {row["log_hazard_effect"] > 0 for row in offers} == {True, False}
