"""DuckDB in memory, as every part of marquee uses it."""

from __future__ import annotations

from typing import Any

import duckdb


def connect() -> duckdb.DuckDBPyConnection:
    """An engine in memory, with UTC as its only time zone."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    return connection


def one_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The only row of a query, such as an aggregate without groups."""
    row = connection.execute(query).fetchone()
    assert row is not None  # noqa: S101 - the caller's query has a row
    return row


def quoted(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
