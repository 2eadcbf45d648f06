"""What a provider of audience panels says about titles: by week and market, with noise and gaps.

A panel counts everybody who sees a title, wherever it is shown; the service has a share of them
that depends on the market. The provider errs, by a factor whose logarithm is normal, and says
nothing where its panel is too small: of titles that few saw, and for one week of each market.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from marquee.synthetic import vocabulary
from marquee.synthetic.activity import Activity
from marquee.synthetic.configuration import DAY_US, HOUR_US, SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.rows import Booleans, Floats, Integers, Rows

PROVIDER = "Sample Panel"
OWN_SHARES = (0.2, 0.12)
"""Of the service among all who see a title: in its first market, and in all others."""
NOISE = 0.15
"""Deviation of the logarithm of the provider's error."""
LEAST_VIEWERS = 5
"""True viewers below which the panel has nobody who saw the title."""
MARKET_VIEWERS = 40
"""Persons of a market for each customer of the service there; a rating point is a percent."""
PUBLISHED_AFTER_DAYS = 3
MS_A_MINUTE = 60_000


@dataclass(frozen=True)
class PanelWeeks(Rows):
    """One row a week, market and title that somebody of the service saw, in this order.

    Attributes:
        week: Day number of the Monday.
        country: Index into `vocabulary.COUNTRY_SHARES`.
        title: Number of the title.
        own_viewers: Customers of the service who saw it.
        own_minutes: Minutes that they saw of it.
        true_viewers: Persons who saw it anywhere.
        true_minutes: Minutes that they saw of it.
        error: Factor by which the provider errs.
        rating_points: Percent of the market who saw it, as the provider says.
        is_covered: Whether the provider says anything.
    """

    week: Integers
    country: Integers
    title: Integers
    own_viewers: Integers
    own_minutes: Integers
    true_viewers: Integers
    true_minutes: Integers
    error: Floats
    rating_points: Floats
    is_covered: Booleans

    @property
    def told_viewers(self) -> Integers:
        """Persons who saw it, as the provider says."""
        return np.rint(self.true_viewers * self.error).astype(np.int64)

    @property
    def told_minutes(self) -> Integers:
        """Minutes, as the provider says."""
        return np.rint(self.true_minutes * self.error).astype(np.int64)


def make_panel_weeks(
    configuration: SyntheticConfiguration, customers: Customers, activity: Activity
) -> PanelWeeks:
    """Return the weeks of a world that are whole and whose figures come before it ends."""
    random = configuration.random("panels")
    plays, count = activity.plays, len(vocabulary.COUNTRY_SHARES)
    day = (activity.played_at - configuration.start_us) // DAY_US
    monday = -configuration.start_date.weekday() % 7
    week = (day - monday) // 7
    weeks = whole_weeks(configuration)
    is_in = (week >= 0) & (week < weeks) & (plays.watched_ms > 0)
    country = customers.country[plays.customer[is_in]].astype(np.int64)
    titles = int(plays.title.max(initial=0)) + 1
    cell = (week[is_in] * count + country) * titles + plays.title[is_in]
    found, place = np.unique(cell, return_inverse=True)
    pairs = np.unique(place * np.int64(len(customers)) + plays.customer[is_in])
    viewers = np.bincount(pairs // len(customers), minlength=len(found))
    minutes = np.bincount(place, plays.watched_ms[is_in], len(found)) / MS_A_MINUTE
    own_country, own_week = found // titles % count, found // titles // count
    share = np.where(own_country == 0, *OWN_SHARES)
    true_viewers = np.rint(viewers / share).astype(np.int64)
    error = np.exp(random.normal(0, NOISE, len(found)))
    missing = random.integers(0, max(weeks, 1), count)
    market = np.maximum(np.bincount(customers.country, minlength=count), 1) * MARKET_VIEWERS
    return PanelWeeks(
        week=monday + 7 * own_week,
        country=own_country,
        title=found % titles,
        own_viewers=viewers,
        own_minutes=np.rint(minutes).astype(np.int64),
        true_viewers=true_viewers,
        true_minutes=np.rint(minutes / share).astype(np.int64),
        error=error,
        rating_points=100 * true_viewers * error / market[own_country],
        is_covered=(true_viewers >= LEAST_VIEWERS) & (own_week != missing[own_country]),
    )


def whole_weeks(configuration: SyntheticConfiguration) -> int:
    """Return how many weeks, Monday to Sunday, are published before the world ends."""
    monday = -configuration.start_date.weekday() % 7
    return max(0, (configuration.days - monday - PUBLISHED_AFTER_DAYS - 1) // 7)


def monday_of(configuration: SyntheticConfiguration, week: int) -> date:
    """Return the date of a day number."""
    return configuration.start_date + timedelta(days=week)


def published_us(configuration: SyntheticConfiguration, week: int) -> int:
    """Return when the figures of a week come out: at nine, three days after it."""
    return configuration.start_us + (week + 7 + PUBLISHED_AFTER_DAYS) * DAY_US + 9 * HOUR_US
