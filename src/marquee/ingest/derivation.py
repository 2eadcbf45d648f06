"""What is made of direct identifiers while they are at hand, so that nobody else needs them.

The contract says which column becomes which. Everything here is made of distinct values: a thousand
events of one address are looked up once.
"""

from __future__ import annotations

import datetime as dt
import hmac
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from marquee.contract import Column, Derivation
from marquee.ingest.devices import app_class, device_class, device_system
from marquee.ingest.names import Name, split_name
from marquee.ingest.places import Addresses, Places, network_prefix, place_statuses

AGE_BANDS = (
    "under 18",
    "18 to 24",
    "25 to 34",
    "35 to 44",
    "45 to 54",
    "55 to 64",
    "65 and over",
)
FIRST_AGES = (18, 25, 35, 45, 55, 65)
"""Age at which each band but the first begins."""


PLACE_COLUMNS = {
    Derivation.PLACE_COUNTRY: "country_code",
    Derivation.PLACE_REGION: "region_name",
    Derivation.PLACE_CITY: "city_name",
    Derivation.PLACE_TIME_ZONE: "time_zone",
}


@dataclass(frozen=True)
class Sources:
    """What derivations need besides the values."""

    key: Callable[[], bytes]
    """Asked for the key only if something is to be hashed."""
    places: Places
    on: dt.date | None
    """The day of the extract, for ages."""


def derived_columns(
    columns: Iterable[Column], values: pa.Array | pa.ChunkedArray, sources: Sources
) -> dict[str, pa.Array]:
    """Columns of the contract that are made from one and the same column.

    Args:
        columns: what to make; each has a derivation.
        values: the identifying column, best each value once.
        sources: what else is needed.

    Returns:
        Texts by the columns' names, as many as values; null where nothing can be made.
    """
    inputs = _Inputs(values, sources)
    return {column.name: inputs.derived(column) for column in columns}


class _Inputs:
    """Values of one column, with what several derivations make use of."""

    def __init__(self, values: pa.Array | pa.ChunkedArray, sources: Sources) -> None:
        self.values = values
        self.sources = sources

    def derived(self, column: Column) -> pa.Array:
        match column.derivation:
            case Derivation.KEYED_HASH:
                return keyed_hashes(self.values, self.sources.key())
            case Derivation.AGE_BAND if self.sources.on is not None:
                return age_bands(self.values, self.sources.on)
            case Derivation.DEVICE_CLASS:
                return _texts(text and device_class(text) for text in self.texts)
            case Derivation.DEVICE_SYSTEM:
                return _texts(text and device_system(text) for text in self.texts)
            case Derivation.APP_CLASS:
                return _texts(text and app_class(text) for text in self.texts)
            case Derivation.NETWORK_PREFIX:
                return _texts(network_prefix(packed) for packed in self.addresses.packed)
            case (
                Derivation.PLACE_COUNTRY
                | Derivation.PLACE_REGION
                | Derivation.PLACE_CITY
                | Derivation.PLACE_TIME_ZONE
            ):
                return self.places[PLACE_COLUMNS[column.derivation]].combine_chunks()
            case Derivation.PLACE_STATUS:
                return place_statuses(self.addresses, self.places)
            case Derivation.FIRST_NAME:
                return _texts(name.first for name in self.names)
            case Derivation.MIDDLE_NAME:
                return _texts(name.middle for name in self.names)
            case Derivation.LAST_NAME:
                return _texts(name.last for name in self.names)
            case _:
                raise ValueError(f"{column.name} can't be derived")

    @cached_property
    def texts(self) -> list[str | None]:
        texts: list[str | None] = self.values.to_pylist()
        return texts

    @cached_property
    def addresses(self) -> Addresses:
        return Addresses(self.texts)

    @cached_property
    def places(self) -> pa.Table:
        return self.sources.places.places(self.addresses)

    @cached_property
    def names(self) -> list[Name]:
        return [split_name(text or "") for text in self.texts]


def _texts(texts: Iterable[str | None]) -> pa.Array:
    return pa.array(list(texts), pa.string())


def normalised(text: str) -> str:
    """A text so that spellings of one address become equal.

    NFKC, case folded, NFKC again (folding may undo it), white space around it removed.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def keyed_hashes(texts: pa.Array | pa.ChunkedArray, key: bytes) -> pa.Array:
    """HMAC-SHA-256 of each normalised text in 64 hexadecimal digits.

    Args:
        texts: Text; null and blank ones have no hash.
        key: The secret. Without it, hashing all likely addresses tells nothing.

    Returns:
        Text, as many as texts.
    """
    plain = (text and normalised(text) for text in texts.to_pylist())
    return pa.array(
        [hmac.digest(key, text.encode(), "sha256").hex() if text else None for text in plain],
        pa.string(),
    )


def age_bands(birth_dates: pa.Array | pa.ChunkedArray, on: dt.date) -> pa.Array:
    """The band of each age on a day.

    A year of age is complete on the birthday; for those born on 29 February, in years without
    that day, on 1 March.

    Args:
        birth_dates: Dates; missing ones and those after the day have no band.
        on: The day.

    Returns:
        Text, one of `AGE_BANDS`, as many as dates.
    """
    days = birth_dates.cast(pa.int32())
    born = days.fill_null(0).to_numpy().astype("datetime64[D]")
    months = born.astype("datetime64[M]")
    # Months since year 0 and days of the month from 0: NumPy's dates reach further than Arrow's.
    whole_months = on.year * 12 + on.month - 1 - (months.astype(np.int64) + 1970 * 12)
    is_before_the_day = on.day - 1 < (born - months).astype(np.int64)
    ages = (whole_months - is_before_the_day) // 12
    band = np.searchsorted(FIRST_AGES, ages, side="right")
    is_unborn = born > np.datetime64(on)
    is_missing = days.is_null().to_numpy(zero_copy_only=False) | is_unborn
    return pa.array(AGE_BANDS).take(pa.array(band, mask=is_missing))
