"""Where addresses are: networks of cities, all from ranges for documentation and tests.

IPv4 comes from 198.18.0.0/15 (benchmarks, RFC 2544), 192.0.2.0/24, 198.51.100.0/24 and
203.0.113.0/24 (documentation, RFC 5737) and 10.0.0.0/8 (private, RFC 1918), IPv6 from
2001:db8::/32 (RFC 3849). The table of places knows most of these networks, not all.
"""

from __future__ import annotations

import csv
import io
import ipaddress
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from marquee.synthetic import vocabulary
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.rows import Integers, draw

HEADER = ("network", "country_code", "region_name", "city_name", "time_zone")
FIRST_V4 = int(ipaddress.IPv4Address("198.18.0.0"))
FIRST_V6 = int(ipaddress.IPv6Address("2001:db8::"))
V4_BITS, V6_BITS = 10, 80
"""Bits for hosts in the network of a city: a /22 and a /48."""
NETWORKS_PER_CITY = 4
V6_SHARE, PRIVATE_SHARE, UNKNOWN_SHARE, OTHER_RANGE_SHARE = 0.35, 0.02, 0.04, 0.03
ABROAD_SHARE = 0.06
# Whom the three small ranges belong to: a city each; the third is in no table.
SMALL_RANGES = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")


@dataclass(frozen=True)
class Places:
    """Cities, one row a city.

    Attributes:
        country: Index into `vocabulary.COUNTRY_SHARES`.
        region_name: Text.
        city_name: Text.
    """

    country: Integers
    region_name: list[str]
    city_name: list[str]

    def table(self) -> bytes:
        """Return the table of places of a deployment, as CSV: which network is where."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADER)
        countries = list(vocabulary.COUNTRY_SHARES)

        def add(network: str, city: int) -> None:
            country = int(self.country[city])
            writer.writerow([
                network,
                countries[country],
                self.region_name[city],
                self.city_name[city],
                vocabulary.TIME_ZONES[country],
            ])  # fmt: skip

        for city in range(len(self.country)):
            for block in range(NETWORKS_PER_CITY):
                first = FIRST_V4 + ((city * NETWORKS_PER_CITY + block) << V4_BITS)
                add(f"{ipaddress.IPv4Address(first)}/{32 - V4_BITS}", city)
            add(f"{ipaddress.IPv6Address(FIRST_V6 + (city << V6_BITS))}/{128 - V6_BITS}", city)
        for place, network in enumerate(SMALL_RANGES[:2]):
            add(network, place)
        return text.getvalue().encode()


def make_places() -> Places:
    """Return the cities of the vocabulary; they are the same in every world."""
    rows = [
        (country, region, city)
        for country, cities in enumerate(vocabulary.CITIES)
        for region, city in cities
    ]
    return Places(
        country=np.array([country for country, _, _ in rows]),
        region_name=[region for _, region, _ in rows],
        city_name=[city for _, _, city in rows],
    )


def home_cities(
    configuration: SyntheticConfiguration, places: Places, country: Integers
) -> Integers:
    """Return a city for each of `country`, one in it."""
    random = configuration.random("home cities")
    counts = np.bincount(places.country)
    starts = np.cumsum(counts) - counts
    return starts[country] + (random.random(len(country)) * counts[country]).astype(np.int64)


def addresses(
    random: np.random.Generator, places: Places, city: Integers, *, away: bool
) -> pa.Array:
    """Return an address for each of `city`.

    Args:
        random: Stream to draw from.
        places: All cities.
        city: Where each is; some are in another city or country, some in no known network.
        away: True if the device is carried about, so that half of the addresses are elsewhere.

    Returns:
        Text.
    """
    count, city_count = len(city), len(places.country)
    is_abroad = random.random(count) < (0.5 if away else ABROAD_SHARE)
    city = np.where(is_abroad, random.integers(0, city_count, count), city)
    kind = draw(
        random,
        (
            1 - V6_SHARE - PRIVATE_SHARE - UNKNOWN_SHARE - OTHER_RANGE_SHARE,
            V6_SHARE,
            PRIVATE_SHARE,
            UNKNOWN_SHARE,
            OTHER_RANGE_SHARE,
        ),
        count,
    ).tolist()
    block = random.integers(0, NETWORKS_PER_CITY, count)
    host = random.integers(1, (1 << V4_BITS) - 1, count)
    v4 = (FIRST_V4 + ((city * NETWORKS_PER_CITY + block) << V4_BITS) + host).tolist()
    # The last block of the range belongs to nobody.
    unknown = (FIRST_V4 + (1 << 17) - (1 << V4_BITS) + host).tolist()
    v6_parts = random.integers(0, 1 << 16, (count, 3)).tolist()
    small = random.integers(0, len(SMALL_RANGES), count).tolist()
    octet, cities = (host % 254 + 1).tolist(), city.tolist()
    texts = []
    for row, each in enumerate(kind):
        if each == 1:
            subnet, high, low = v6_parts[row]
            texts.append(f"2001:db8:{cities[row]:x}:{subnet:x}::{high:x}:{low:x}")
        elif each == 2:
            high, low, _ = v6_parts[row]
            texts.append(f"10.{high % 256}.{low % 256}.{octet[row]}")
        elif each == 4:
            texts.append(f"{SMALL_RANGES[small[row]].rpartition('.')[0]}.{octet[row]}")
        else:
            number = v4[row] if each == 0 else unknown[row]
            texts.append(f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
    return pa.array(texts, pa.string())
