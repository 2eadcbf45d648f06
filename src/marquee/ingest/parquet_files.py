"""Reader for Parquet, whose columns come with types of their own."""

from __future__ import annotations

from pathlib import Path

import duckdb

from marquee.ingest.casting import quoted
from marquee.ingest.landing import FileRejectedError


def raw_types(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> dict[str, str]:
    """DuckDB type of each column in the file.

    Raises:
        FileRejectedError: if the file is no complete Parquet file.
    """
    try:
        rows = connection.execute(f"describe select * from {_reader(path)}").fetchall()
    except duckdb.Error as error:
        raise FileRejectedError(
            name, f"not a complete Parquet file ({error}). Upload the file again."
        ) from error
    return {row[0]: row[1] for row in rows}


def relation(path: Path, types: dict[str, str]) -> str:
    """The file as its columns."""
    columns = ", ".join(f'"{name}"' for name in types)
    return f"(select {columns} from {_reader(path)})"


def raw_texts(path: Path, types: dict[str, str], rows: str) -> str:
    """A query that shows rows as JSON: ``row_number`` (from 1), ``line_number`` and ``raw_text``.

    Parquet has no lines, so ``line_number`` is NULL.

    Args:
        path: the file.
        types: its columns.
        rows: a query for the row numbers wanted.
    """
    packed = ", ".join(f'"{name}" := "{name}"' for name in types)
    return f"""
        select
            file_row_number + 1 as row_number,
            cast(null as bigint) as line_number,
            cast(to_json(struct_pack({packed})) as varchar) as raw_text
        from {_reader(path, "file_row_number = true")}
        where file_row_number + 1 in ({rows})
    """


def _reader(path: Path, *options: str) -> str:
    arguments = ", ".join((quoted(str(path)), "hive_partitioning = false", *options))
    return f"read_parquet({arguments})"
