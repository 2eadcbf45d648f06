"""DuckDB in memory, as every part of marquee uses it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from marquee.objectstore import ObjectPath, open_to, uses_objects

MEMORY = "MARQUEE_MEMORY"
DEFAULT_MEMORY = "4GB"
"""As in profiles.yml, for building."""


def connect() -> duckdb.DuckDBPyConnection:
    """An engine in memory, with UTC as its only time zone; it reads objects if a root is there."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    if uses_objects():
        open_to(connection)
    return connection


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file to read, from a folder or from an object store."""
    if not isinstance(database, ObjectPath):
        with duckdb.connect(str(database), read_only=True) as connection:
            if uses_objects():
                # Views of a warehouse read the lake.
                open_to(connection)
            yield connection
        return
    with connect() as connection:
        connection.execute(f"attach {quoted(str(database))} as opened (read_only)")
        connection.execute("use opened")
        yield connection


def limit_memory(connection: duckdb.DuckDBPyConnection, spill: Path) -> None:
    """Let an engine hold ``MARQUEE_MEMORY`` at most, and spill the rest.

    Args:
        connection: the engine, before it has spilled anything.
        spill: a folder that is as confidential as what is read.
    """
    memory = os.environ.get(MEMORY) or DEFAULT_MEMORY
    connection.execute(f"set memory_limit = {quoted(memory)}")
    connection.execute(f"set temp_directory = {quoted(str(spill))}")


def one_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The only row of a query, such as an aggregate without groups."""
    row = connection.execute(query).fetchone()
    assert row is not None  # noqa: S101 - the caller's query has a row
    return row


def parquet(path: Path) -> str:
    """A Parquet file as a relation for SQL."""
    return f"read_parquet({quoted(str(path))}, hive_partitioning = false)"


def quoted(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
