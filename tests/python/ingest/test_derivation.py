"""What is made of direct identifiers: known answers, borders, and every gap."""

import datetime as dt
import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.contract import Contract
from marquee.ingest.derivation import AGE_BANDS, FIRST_AGES, age_bands, keyed_hashes, normalised


def hashes(*texts, key=b"Jefe"):
    return keyed_hashes(pa.array(texts, pa.string()), key).to_pylist()


def bands(on, *birth_dates):
    return age_bands(pa.array(birth_dates, pa.date32()), on).to_pylist()


def test_the_hash_is_hmac_sha_256():
    """RFC 4231, test case 2."""
    assert hashes("what do ya want for nothing?") == [
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ]


@pytest.mark.parametrize(
    "spelling",
    [
        "Ada.Lovelace@Example.COM",
        "  ada.lovelace@example.com\t\n",
        "\u00a0ada.lovelace@example.com\u3000",
        "\uff41\uff44\uff41.lovelace@example.com",
        "ada.lovelace\uff20example.com",
    ],
)
def test_spellings_of_one_address_have_one_hash(spelling):
    assert hashes(spelling) == hashes("ada.lovelace@example.com")


def test_accents_and_case_are_folded_as_unicode_says():
    assert hashes("Jose\u0301@example.com") == hashes("JOS\u00c9@example.com")
    assert hashes("STRASSE@example.com") == hashes("stra\u00dfe@example.com")
    assert hashes("jose@example.com") != hashes("jos\u00e9@example.com")
    # Folding alone would leave a text that a second round changes again.
    assert normalised("\u0345\u0300") == normalised(normalised("\u0345\u0300"))


def test_addresses_and_keys_are_told_apart():
    assert len(set(hashes("a@example.com", "b@example.com"))) == 2
    assert hashes("a@example.com") != hashes("a@example.com", key=b"Jeff")


def test_no_address_has_no_hash():
    assert hashes(None, "", " \u00a0") == [None, None, None]
    assert hashes() == []


@given(st.lists(st.one_of(st.none(), st.text())))
def test_any_text_has_a_hash_of_its_own_or_none(texts):
    found = hashes(*texts)
    assert len(found) == len(texts)
    for text, digest in zip(texts, found, strict=True):
        assert digest == (hashes(normalised(text))[0] if text and normalised(text) else None)


@pytest.mark.parametrize(
    ("on", "birth_date", "band"),
    [
        # The day before, on, and after the birthday that begins a band.
        ("2026-06-30", "2008-07-01", "under 18"),
        ("2026-06-30", "2008-06-30", "18 to 24"),
        ("2026-06-30", "2001-07-01", "18 to 24"),
        ("2026-06-30", "2001-06-30", "25 to 34"),
        ("2026-06-30", "1991-07-01", "25 to 34"),
        ("2026-06-30", "1991-06-30", "35 to 44"),
        ("2026-06-30", "1981-06-30", "45 to 54"),
        ("2026-06-30", "1971-06-30", "55 to 64"),
        ("2026-06-30", "1961-07-01", "55 to 64"),
        ("2026-06-30", "1961-06-30", "65 and over"),
        ("2026-06-30", "1899-01-01", "65 and over"),
        ("2026-01-01", "2008-01-01", "18 to 24"),
        ("2025-12-31", "2008-01-01", "under 18"),
        # Born on a leap day: the birthday of other years is 1 March.
        ("2026-02-28", "2008-02-29", "under 18"),
        ("2026-03-01", "2008-02-29", "18 to 24"),
        ("2032-02-28", "2007-02-28", "25 to 34"),
        ("2032-02-28", "2007-03-01", "18 to 24"),
        ("2028-02-29", "2010-03-01", "under 18"),
        ("2028-02-29", "2010-02-28", "18 to 24"),
        ("2028-02-28", "2003-02-28", "25 to 34"),
        # Born on the day of the extract, and after it.
        ("2026-06-30", "2026-06-30", "under 18"),
        ("2026-06-30", "2026-07-01", None),
        ("2026-06-30", "9999-12-31", None),
        ("2026-06-30", "1960-02-29", "65 and over"),
    ],
)
def test_an_age_is_complete_on_the_birthday(on, birth_date, band):
    assert bands(dt.date.fromisoformat(on), dt.date.fromisoformat(birth_date)) == [band]


def test_no_birth_date_has_no_band():
    assert bands(dt.date(2026, 6, 30), None, dt.date(1990, 1, 1)) == [None, "35 to 44"]
    assert bands(dt.date(2026, 6, 30)) == []
    # DuckDB's infinite dates, as Parquet files may bring them.
    extremes = pa.array([2**31 - 1, -(2**31) + 1], pa.int32()).cast(pa.date32())
    assert age_bands(extremes, dt.date(2026, 6, 30)).to_pylist() == [None, "65 and over"]


@given(st.dates(), st.dates())
def test_bands_agree_with_counting_birthdays(on, birth_date):
    age = on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
    place = sum(age >= first for first in FIRST_AGES)
    assert bands(on, birth_date) == [None if birth_date > on else AGE_BANDS[place]]


def test_the_contract_and_the_code_name_the_same_bands(contract: Contract):
    assert contract.table("crm", "customers").column("age_band").valid_values == AGE_BANDS


def test_a_hundred_thousand_customers_take_well_under_two_seconds():
    emails = pa.array([f"Ada.Lovelace{number}@example.com" for number in range(100_000)])
    dates = pa.array(range(-10_000, 90_000), pa.int32()).cast(pa.date32())
    started = time.process_time()
    keyed_hashes(emails, b"x" * 64)
    age_bands(dates, dt.date(2026, 6, 30))
    assert time.process_time() - started < 2
