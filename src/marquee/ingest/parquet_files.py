"""Reader for Parquet, whose columns come with types of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from marquee.engine import parquet, quoted
from marquee.ingest.casting import TEXT
from marquee.ingest.landing import FileRejectedError, LandedFile

WRITING: dict[str, Any] = {
    "compression": "none",
    "use_dictionary": False,
    "write_statistics": False,
}
"""How other formats are turned into Parquet, which is read once or twice and removed."""
NO_TYPE = "NullType()"
"""A column of which all is null, where the writer knew no type: to DuckDB it holds integers."""


def raw_types(
    connection: duckdb.DuckDBPyConnection, path: Path, file: LandedFile
) -> dict[str, str]:
    """DuckDB type of each column in the plain file ``path``.

    Raises:
        FileRejectedError: if the file is no complete Parquet file.
    """
    try:
        rows = connection.execute(
            "select column_name, column_type, column_type = 'INTEGER' and column_name in ("
            f"select name from parquet_schema({quoted(str(path))}) "
            f"where logical_type = '{NO_TYPE}') "
            f"from (describe select * from {parquet(path)})"
        ).fetchall()
    except duckdb.Error as error:
        raise FileRejectedError(
            file.name, f"not a complete Parquet file ({file.told(error)}). Upload the file again."
        ) from error
    return {name: TEXT if has_no_type else kind for name, kind, has_no_type in rows}


def relation(path: Path, types: Mapping[str, str]) -> str:
    """The columns of the file that ``types`` names, those of the contract."""
    columns = ", ".join(
        f'cast("{name}" as {TEXT}) as "{name}"' if kind == TEXT else f'"{name}"'
        for name, kind in types.items()
    )
    return f"(select {columns} from {parquet(path)})"


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
