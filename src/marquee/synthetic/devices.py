"""The devices of households: how they name themselves, where they are, how wrong their clocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from marquee.synthetic import vocabulary
from marquee.synthetic.configuration import SECOND_US, SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.places import addresses, home_cities, make_places
from marquee.synthetic.rows import (
    Floats,
    Integers,
    draw,
    draw_from_rows,
    places_within,
    scrambled,
)

COUNT_SHARES = (0.35, 0.35, 0.20, 0.10)
# Share of the sessions that the first device of a household has, then the others.
USE = (0.62, 0.22, 0.11, 0.05)
# Clocks that are wrong by so much are still believed: ingestion refuses an hour's lead.
SKEWED_SHARE, LARGEST_LAG, LARGEST_LEAD = 0.02, 20 * 60 * SECOND_US, 45 * 60 * SECOND_US


@dataclass(frozen=True)
class Devices:
    """All devices, one row a device, in order of the customer.

    Attributes:
        customer: Number of the customer.
        device_id: Text.
        user_agent: Index into `vocabulary.USER_AGENTS`.
        app_version: Index into `vocabulary.APP_VERSIONS`.
        home_address: Text.
        other_address: Text; where a device is carried to.
        clock_skew: Microseconds by which its clock is fast.
        first: Number of the first device of each customer.
        count: Devices of each customer.
    """

    customer: Integers
    device_id: pa.Array
    user_agent: Integers
    app_version: Integers
    home_address: pa.Array
    other_address: pa.Array
    clock_skew: Integers
    first: Integers
    count: Integers


def make_devices(configuration: SyntheticConfiguration, customers: Customers) -> Devices:
    """Return the devices of all customers."""
    random = configuration.random("devices")
    places = make_places()
    counts = 1 + draw(random, COUNT_SHARES, len(customers))
    customer = np.repeat(np.arange(len(customers)), counts)
    total = len(customer)
    # The second and further devices of a household are of any class.
    segments = list(vocabulary.SEGMENTS.values())
    shares = np.array([segment.devices for segment in segments])
    shares = np.vstack([shares, shares.mean(axis=0)])
    is_first = places_within(counts) == 0
    row = np.where(is_first, customers.segment[customer], len(segments))
    device_class = draw_from_rows(random, shares, row)
    weights = np.array([
        [weight if kind == name else 0 for kind, weight, _ in vocabulary.USER_AGENTS]
        for name in vocabulary.DEVICE_CLASSES
    ])  # fmt: skip
    city = home_cities(configuration, places, customers.country)[customer]
    skew = random.integers(-LARGEST_LAG, LARGEST_LEAD, total)
    numbers = scrambled(np.arange(total, dtype=np.uint64), configuration.seed + 1)
    return Devices(
        customer=customer,
        device_id=pa.array([f"d{number:016x}" for number in numbers.tolist()], pa.string()),
        user_agent=draw_from_rows(random, weights, device_class),
        app_version=draw(random, (0.08, 0.14, 0.25, 0.38, 0.15), total),
        home_address=addresses(random, places, city, away=False),
        other_address=addresses(random, places, city, away=True),
        clock_skew=np.where(random.random(total) < SKEWED_SHARE, skew, 0),
        first=np.cumsum(counts) - counts,
        count=counts,
    )


def draw_devices(random: np.random.Generator, devices: Devices, customer: Integers) -> Integers:
    """Return the device that each of `customer` uses, mostly the first."""
    use: Floats = np.array([
        [share if place <= most else 0 for place, share in enumerate(USE)]
        for most in range(len(USE))
    ])  # fmt: skip
    return devices.first[customer] + draw_from_rows(random, use, devices.count[customer] - 1)
