"""Reader for Parquet, whose columns come with types of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from marquee.engine import quoted
from marquee.ingest.landing import FileRejectedError, LandedFile


def raw_types(
    connection: duckdb.DuckDBPyConnection, path: Path, file: LandedFile
) -> dict[str, str]:
    """DuckDB type of each column in the plain file ``path``.

    Raises:
        FileRejectedError: if the file is no complete Parquet file.
    """
    try:
        rows = connection.execute(f"describe select * from {_reader(path)}").fetchall()
    except duckdb.Error as error:
        raise FileRejectedError(
            file.name, f"not a complete Parquet file ({file.told(error)}). Upload the file again."
        ) from error
    return {row[0]: row[1] for row in rows}


def relation(path: Path, wanted: Sequence[str]) -> str:
    """The wanted columns of the file, those of the contract."""
    return f"(select {', '.join(wanted)} from {_reader(path)})"


def raw_texts(rows: str, wanted: Sequence[str]) -> str:
    """A query that shows rows as JSON: ``row_number`` (from 1), ``line_number`` and ``raw_text``.

    Parquet has no lines, so ``line_number`` is NULL.

    Args:
        rows: a table that holds the file's rows in their order.
        wanted: its columns.
    """
    packed = ", ".join(f"{name} := {name}" for name in wanted)
    return f"""
        select
            rowid + 1 as row_number,
            cast(null as bigint) as line_number,
            cast(to_json(struct_pack({packed})) as varchar) as raw_text
        from {rows}
    """


def _reader(path: Path) -> str:
    return f"read_parquet({quoted(str(path))}, hive_partitioning = false)"
