"""Invented people: as varied as real ones, the same in every extract, nobody's address."""

from __future__ import annotations

import csv
import re
import unicodedata
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from marquee.ingest.derivation import AGE_BANDS, age_bands

from .conftest import World

ADDRESS = re.compile(r"[A-Za-z][a-z.]*[._]?[a-z]+[0-9]+@example\.(com|org|net)")


@pytest.fixture(scope="module")
def people(world: World) -> list[dict[str, str]]:
    path = world.landing / "crm/customers/customers_2026-06-30.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_names_are_as_varied_as_real_ones(people: list[dict[str, str]]) -> None:
    names = [row["full_name"] for row in people if row["full_name"]]
    assert len(set(names)) > 0.5 * len(names)
    assert any(" " not in name for name in names)
    assert any(" van der " in name or " von " in name or " de la " in name for name in names)
    assert any("'" in name for name in names)
    assert any("-" in name for name in names)
    assert any(name.endswith(", Jr.") for name in names)
    scripts = {unicodedata.name(name[0]).split()[0] for name in names}
    assert {"LATIN", "GREEK", "CYRILLIC", "CJK", "ARABIC"} <= scripts


def test_addresses_are_unique_and_lead_nowhere(people: list[dict[str, str]]) -> None:
    emails = [row["email"] for row in people if row["email"]]
    assert len(set(emails)) == len(emails)
    assert all(ADDRESS.fullmatch(email) for email in emails)
    assert any(email != email.lower() for email in emails)


def test_ages_fill_every_band_and_nobody_registers_as_a_small_child(
    people: list[dict[str, str]],
) -> None:
    born = [date.fromisoformat(row["birth_date"]) for row in people if row["birth_date"]]
    assert max(born) < date(2012, 7, 1)
    assert min(born) > date(1927, 1, 1)
    assert set(age_bands(pa.array(born), date(2026, 6, 30)).to_pylist()) == set(AGE_BANDS)


def test_some_tell_less_than_others(people: list[dict[str, str]]) -> None:
    for column, most in (("full_name", 0.03), ("email", 0.08), ("birth_date", 0.14)):
        missing = sum(not row[column] for row in people)
        assert 0 < missing < most * len(people), column


def test_nobody_changes_and_the_truth_knows_them(world: World) -> None:
    truth = {
        row["customer_id"]: (row["full_name"], row["email"], row["birth_date"])
        for row in pq.read_table(world.truth / "customers.parquet").to_pylist()
    }
    for path in (world.landing / "crm/customers").iterdir():
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                born = row["birth_date"] and date.fromisoformat(row["birth_date"])
                told = (row["full_name"] or None, row["email"] or None, born or None)
                assert told == truth[row["customer_id"]]
