import datetime as dt
from decimal import Decimal

import duckdb
import pytest

from marquee.contract import Column, Load, Sensitivity, Table, load_contract
from marquee.engine import connect
from marquee.ingest import json_lines
from marquee.ingest.casting import typed_rows
from tests.python.conftest import NOW, PROJECT


def cast(data_type, text, raw_type="VARCHAR", **rules):
    column = Column("amount", data_type, Sensitivity.PUBLIC, "An amount.", **rules)
    table = Table("shop", "things", Load.APPEND, (column,), ("amount",), None, "Things.")
    with connect() as connection:
        literal = "null" if text is None else "'" + str(text).replace("'", "''") + "'"
        raw = f"(select cast({literal} as {raw_type}) as amount)"
        return connection.execute(typed_rows(table, raw, {"amount": raw_type}, NOW)).fetchone()


@pytest.mark.parametrize(
    ("data_type", "text", "value"),
    [
        ("integer", "42", 42),
        ("integer", "-7", -7),
        ("integer", "5.0", 5),
        ("bigint", "9223372036854775807", 2**63 - 1),
        ("decimal(3,1)", "4.5", Decimal("4.5")),
        ("decimal(3,1)", "4.500", Decimal("4.5")),
        ("decimal(3,1)", ".5", Decimal("0.5")),
        ("decimal(5,0)", "12", Decimal(12)),
        ("boolean", "true", True),
        ("boolean", "0", False),
        ("date", "2024-02-29", dt.date(2024, 2, 29)),
        ("timestamp(6)", "2026-01-05T10:00:00Z", dt.datetime(2026, 1, 5, 10)),
        ("timestamp(6)", "2026-01-05T10:00:00+02:00", dt.datetime(2026, 1, 5, 8)),
        ("timestamp(6)", "2026-01-05 10:00:00.123456", dt.datetime(2026, 1, 5, 10, 0, 0, 123456)),
        ("varchar", " kept as it is ", " kept as it is "),
        ("varchar", "", None),
        ("integer", "", None),
        ("timestamp(6)", None, None),
    ],
)
def test_what_fits_exactly_is_taken(data_type, text, value):
    assert cast(data_type, text) == (value, None)


@pytest.mark.parametrize(
    ("data_type", "text"),
    [
        # Each of these is something else than it seems to DuckDB's own cast, or to none.
        ("integer", "1.5"),
        ("integer", "0x1F"),
        ("integer", "1_000"),
        ("integer", " 7"),
        ("integer", "3000000000"),
        ("bigint", "abc"),
        ("decimal(3,1)", "4.55"),
        ("decimal(3,1)", "1e1"),
        ("decimal(3,1)", "123.4"),
        ("boolean", "maybe"),
        ("boolean", "yes"),
        ("timestamp(6)", "2026-01-05T10:00:00.1234567Z"),
        ("timestamp(6)", "0000-01-01T00:00:00Z"),
        ("date", "2026-1-5"),
        ("date", "2026-02-30"),
        ("date", "infinity"),
        ("timestamp(6)", "yesterday"),
        ("timestamp(6)", "2026-01-05"),
        ("timestamp(6)", "2026-01-05T25:00:00Z"),
        ("timestamp(6)", "epoch"),
    ],
)
def test_what_does_not_fit_is_a_reason_with_its_value(data_type, text):
    value, reason = cast(data_type, text)
    assert value is None
    assert reason.startswith(f"amount: '{text}' is not of type {data_type}")


@pytest.mark.parametrize(
    ("raw_type", "text", "value"),
    [
        ("DOUBLE", "4.5", Decimal("4.5")),
        ("DOUBLE", "4.55", None),
        ("DECIMAL(10,4)", "4.5000", Decimal("4.5")),
        ("DECIMAL(10,4)", "4.5001", None),
        ("INTEGER", "4", Decimal(4)),
        ("INTEGER", "1000", None),
    ],
)
def test_typed_input_is_never_rounded(raw_type, text, value):
    found, reason = cast("decimal(3,1)", text, raw_type)
    assert found == value
    assert (reason is None) == (value is not None)


@pytest.mark.parametrize(
    ("data_type", "raw_type", "text", "is_taken"),
    [
        ("boolean", "BOOLEAN", "true", True),
        ("boolean", "DOUBLE", "0.5", False),
        ("integer", "BOOLEAN", "true", False),
        ("decimal(3,1)", "BOOLEAN", "true", False),
        ("timestamp(6)", "TIMESTAMP_NS", "2026-01-05 10:00:00.123456", True),
        ("timestamp(6)", "TIMESTAMP_NS", "2026-01-05 10:00:00.123456789", False),
        ("date", "TIMESTAMP", "2026-01-05 00:00:00", True),
        ("date", "TIMESTAMP", "2026-01-05 10:00:00", False),
        ("varchar", "INTEGER[]", "[1, 2]", False),
        ("varchar", "BIGINT", "42", True),
        ("bigint", "UBIGINT", "18446744073709551615", False),
    ],
)
def test_typed_input_keeps_its_meaning_or_is_quarantined(data_type, raw_type, text, is_taken):
    value, reason = cast(data_type, text, raw_type)
    assert (value is not None) == is_taken
    assert (reason is None) == is_taken


def test_rules_are_told_with_the_value():
    assert cast("varchar", "zap", valid_values=("click", "watch"))[1] == (
        "amount: 'zap' is none of click, watch"
    )
    assert cast("integer", "-1", minimum=Decimal(0))[1] == "amount: '-1' is below 0"
    assert cast("integer", "6", maximum=Decimal(5))[1] == "amount: '6' is above 5"
    assert cast("integer", "5", minimum=Decimal(5), maximum=Decimal(5)) == (5, None)
    assert cast("integer", "", is_nullable=False)[1] == "amount: is missing"


def test_a_timestamp_with_zone_becomes_utc():
    column = Column("amount", "timestamp(6)", Sensitivity.PUBLIC, "A moment.")
    table = Table("shop", "things", Load.APPEND, (column,), ("amount",), None, "Things.")
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'America/New_York'")
        raw = "(select timestamptz '2026-01-05 10:00:00+02' as amount)"
        row = connection.execute(
            typed_rows(table, raw, {"amount": "TIMESTAMP WITH TIME ZONE"}, NOW)
        ).fetchone()
    assert row == (dt.datetime(2026, 1, 5, 8), None)


LANDED = list(load_contract(PROJECT).landed())


@pytest.mark.parametrize("table", LANDED, ids=lambda table: f"{table.source}.{table.name}")
def test_rows_are_typed_in_the_order_of_the_file(table, tmp_path):
    """A row's number is its place in the file: no step may read rows in another order.

    DuckDB keeps the order through projections; behind a join it does not, and for small files only
    now and then.
    """
    file = tmp_path / "landed.jsonl"
    file.write_text("{}\n{}")
    types = json_lines.raw_types(table)
    typed = typed_rows(table, json_lines.relation(file, types), types, NOW)
    with connect() as connection:
        (_, plan) = connection.execute(f"explain create table typed as {typed}").fetchone()
    assert "READ_JSON" in plan
    assert "JOIN" not in plan
