"""When titles are watched, how often, and for how long."""

from __future__ import annotations

import numpy as np
import pytest
from marquee.synthetic.world import (
    FALLING,
    RISING,
    Customers,
    Titles,
    make_customers,
    make_titles,
)

from marquee.synthetic import SyntheticConfiguration
from marquee.synthetic.activity import Choices, make_choices, make_events
from marquee.synthetic.configuration import DAY_US

CONFIGURATION = SyntheticConfiguration(scale=0.02, seed=11)


@pytest.fixture(scope="module")
def titles() -> Titles:
    return make_titles(CONFIGURATION)


@pytest.fixture(scope="module")
def customers() -> Customers:
    return make_customers(CONFIGURATION)


@pytest.fixture(scope="module")
def choices(titles: Titles, customers: Customers) -> Choices:
    return make_choices(CONFIGURATION, titles, customers)


def test_nobody_watches_before_release_or_outside_the_own_days(
    titles: Titles, customers: Customers, choices: Choices
) -> None:
    day = (choices.chosen_at - CONFIGURATION.start_us) // DAY_US
    assert (day >= titles.release_day[choices.title]).all()
    assert (day >= customers.first_day[choices.customer]).all()
    assert (day <= customers.last_day[choices.customer]).all()
    assert (choices.chosen_at > customers.registered_at[choices.customer]).all()


def test_some_titles_rise_and_some_fall(titles: Titles, choices: Choices) -> None:
    trend = titles.trend[choices.title]
    rising, falling = choices.chosen_at[trend == RISING], choices.chosen_at[trend == FALLING]
    assert rising.mean() - falling.mean() > 20 * DAY_US


def test_released_titles_are_watched_most_at_first(titles: Titles, choices: Choices) -> None:
    release_day = titles.release_day[choices.title]
    age = (choices.chosen_at - CONFIGURATION.start_us) // DAY_US - release_day
    # Only those with eight weeks to go, so that both windows are complete.
    whole = (release_day >= 0) & (release_day < CONFIGURATION.days - 56)
    first, later = (whole & (age < 14)).sum(), (whole & (age >= 42) & (age < 56)).sum()
    assert first > 1.5 * later > 0


def test_evenings_and_weekends_are_busiest(choices: Choices) -> None:
    hour = choices.chosen_at // (DAY_US // 24) % 24
    assert np.bincount(hour, minlength=24)[18:22].sum() > 2 * (hour < 4).sum()
    weekend = (choices.chosen_at // DAY_US + 3) % 7 >= 5
    assert weekend.mean() > 1.2 * 2 / 7


def test_most_choices_are_of_a_title_for_the_first_time(choices: Choices) -> None:
    pairs = np.stack([choices.customer, choices.title])
    assert 0.75 < len(np.unique(pairs, axis=1).T) / len(choices.title) < 0.97


def test_who_likes_a_title_watches_more_of_it(
    titles: Titles, customers: Customers, choices: Choices
) -> None:
    events = make_events(CONFIGURATION, titles, customers, choices)
    watched = events.watched_ms > 0
    share = events.watched_ms[watched] / titles.runtime_ms[events.title[watched]]
    customer, title = events.customer[watched], events.title[watched]
    affinity = (customers.taste[customer] * titles.vector[title]).sum(axis=1)
    is_liked = affinity > np.median(affinity)
    assert share[is_liked].mean() > 1.1 * share[~is_liked].mean()
    assert len(np.unique(events.event_number)) == len(events.event_number)
