"""Who the customers are by name: invented people, whose addresses lead nowhere (example.com)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marquee.synthetic import vocabulary
from marquee.synthetic.configuration import SyntheticConfiguration
from marquee.synthetic.customers import Customers
from marquee.synthetic.rows import Integers, draw

# Letters that decomposition leaves whole.
ASCII = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "đ": "d"})
FORM_SHARES = (0.79, 0.07, 0.04, 0.04, 0.01, 0.02, 0.03)
SEPARATOR_SHARES = {".": 0.6, "_": 0.15, "": 0.25}
DOMAIN_SHARES = {"example.com": 0.6, "example.org": 0.2, "example.net": 0.2}
MISSING_NAMES, MISSING_EMAILS, MISSING_BIRTH_DATES = 0.01, 0.04, 0.08
CAPITAL_EMAILS = 0.03
MEAN_AGE, AGE_DEVIATION, AGE_RANGE = 43, 16, (14, 97)
DAYS_OF_A_YEAR = 365.25


@dataclass(frozen=True)
class Identities:
    """Direct identifiers, one row a customer, null where the customer told none.

    Attributes:
        full_name: Text in the script of its owner.
        email: Text, no two alike; a few begin with a capital.
        birth_date: Dates.
    """

    full_name: pa.Array
    email: pa.Array
    birth_date: pa.Array


def make_identities(configuration: SyntheticConfiguration, customers: Customers) -> Identities:
    """Return names, addresses and birth dates of the customers of a world."""
    random = configuration.random("customer identities")
    count = len(customers.country)

    def pick(words: Sequence[Sequence[str]]) -> pa.Array:
        """Return a word for each customer from those of the country."""
        sizes = np.array([len(each) for each in words])
        place = (random.random(count) * sizes[customers.country]).astype(np.int64)
        starts = np.cumsum(sizes) - sizes
        return _words([word for each in words for word in each], starts[customers.country] + place)

    given, second = pick(vocabulary.GIVEN_NAMES), pick(vocabulary.GIVEN_NAMES)
    family, other = pick(vocabulary.FAMILY_NAMES), pick(vocabulary.FAMILY_NAMES)
    particle = pick(vocabulary.NAME_PARTICLES)
    single = _words(vocabulary.SINGLE_NAMES, random.integers(0, 2**31, count))
    foreign = random.integers(0, len(vocabulary.FOREIGN_NAMES), count)
    form = draw(random, FORM_SHARES, count)
    full_name = pc.choose(
        pa.array(form),
        _joined(given, " ", family),
        _joined(given, " ", second, " ", family),
        _joined(given, " ", family, "-", other),
        _joined(given, " ", particle, " ", family),
        _joined(given, " ", family, ", Jr."),
        single,
        _words(list(vocabulary.FOREIGN_NAMES), foreign),
    )

    separator = _words(list(SEPARATOR_SHARES), draw(random, SEPARATOR_SHARES.values(), count))
    ordinary = _joined(_ascii(given), separator, _ascii(family))
    local = pc.choose(
        pa.array(np.maximum(form - 4, 0)),
        ordinary,
        _ascii(single),
        _words(list(vocabulary.FOREIGN_NAMES.values()), foreign),
    )
    # The number of the customer, so that no two are alike.
    numbers = pa.array(np.arange(count)).cast(pa.string())
    domain = _words(list(DOMAIN_SHARES), draw(random, DOMAIN_SHARES.values(), count))
    email = _joined(local, numbers, "@", domain)
    is_capital = pa.array(random.random(count) < CAPITAL_EMAILS)
    email = pc.if_else(is_capital, pc.utf8_capitalize(email), email)

    ages = random.normal(MEAN_AGE, AGE_DEVIATION, count).clip(*AGE_RANGE)
    last_day = np.datetime64(configuration.end_date).astype(np.int64)
    born = last_day - (ages * DAYS_OF_A_YEAR + random.integers(0, 366, count)).astype(np.int64)
    birth_date = pa.array(born.astype(np.int32)).cast(pa.date32())

    def told(values: pa.Array, missing: float) -> pa.Array:
        is_told = pa.array(random.random(count) >= missing)
        return pc.if_else(is_told, values, pa.scalar(None, values.type))

    return Identities(
        full_name=told(full_name, MISSING_NAMES),
        email=told(email, MISSING_EMAILS),
        birth_date=told(birth_date, MISSING_BIRTH_DATES),
    )


def _words(words: Sequence[str], places: Integers) -> pa.Array:
    return pa.array(words).take(pa.array(places % len(words)))


def _joined(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _ascii(names: pa.Array) -> pa.Array:
    """Return names as people write them in addresses: lower case, no accents, no blanks."""
    encoded = names.dictionary_encode()
    plain = [
        unicodedata.normalize("NFKD", name.lower().translate(ASCII)).encode("ascii", "ignore")
        for name in encoded.dictionary.to_pylist()
    ]
    words = ["".join(sign for sign in name.decode() if sign.isalnum()) for name in plain]
    return pa.array(words).take(encoded.indices)
