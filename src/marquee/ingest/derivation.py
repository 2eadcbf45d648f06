"""What is made of direct identifiers while they are at hand, so that nobody else needs them.

Pure functions over Arrow columns; the contract says which column becomes which.
"""

from __future__ import annotations

import datetime as dt
import hmac
import unicodedata
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from marquee.contract import Column, Derivation

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


def derived_column(
    column: Column,
    values: pa.ChunkedArray,
    *,
    key: Callable[[], bytes],
    on: dt.date | None,
) -> pa.Array:
    """A derived column of the contract.

    Args:
        column: what to make; has a derivation.
        values: the identifying column that it is made from.
        key: asked for the key only if something is to be hashed.
        on: the day of the extract, for ages.

    Returns:
        Texts, as many as values.
    """
    match column.derivation:
        case Derivation.KEYED_HASH:
            return keyed_hashes(values, key())
        case Derivation.AGE_BAND if on is not None:
            return age_bands(values, on)
        case _:
            raise ValueError(f"{column.name} can't be derived")


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
