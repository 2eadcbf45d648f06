"""Turn a folder of somebody else's CSV files into landing files.

A mapping is a YAML file: which files, their columns, and for each landing file one SQL expression
a column. Values that an expression can't read should be passed on as they are, so that ingestion
quarantines them with their text instead of losing them here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from marquee.contract import Contract, Load
from marquee.engine import connect, quoted
from marquee.ingest import FileRejectedError
from marquee.ingest.csv_files import header
from marquee.ingest.lake import part_of, publish_file

BUILT_IN = Path(__file__).parent / "mappings"
WRITERS = {
    "csv": ("csv", "format csv, header true"),
    "json_lines": ("jsonl", "format json"),
    "parquet": ("parquet", "format parquet, compression zstd"),
}

FAULTS_OF_SQL = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
"""Errors that quote the mapping and no value."""


class MappingError(ValueError):
    """The mapping or the folder does not fit; the message names the file and the remedy."""


@dataclass(frozen=True)
class Output:
    """One landing file to write."""

    source: str
    table: str
    input: str
    format: str
    columns: dict[str, str]
    """SQL expression over the input's columns for each column of the landing file."""


@dataclass(frozen=True)
class Mapping:
    """A data set's files and what becomes of them."""

    name: str
    description: str
    inputs: dict[str, str]
    """File name for each input's name."""
    extract_date: str
    """SQL that gives the date of the extracts, over the inputs as tables."""
    outputs: tuple[Output, ...]


def known_mappings() -> dict[str, Mapping]:
    """The built-in mappings by name."""
    return {path.stem: _parse(path) for path in sorted(BUILT_IN.glob("*.yml"))}


def load_mapping(name: str) -> Mapping:
    """A built-in mapping by its name, or one's own by the path of its YAML file.

    Raises:
        MappingError: if there is none.
    """
    for path in (BUILT_IN / f"{name}.yml", Path(name)):
        if path.is_file():
            return _parse(path)
    raise MappingError(
        f"No mapping {name}. Known are {', '.join(known_mappings())}; or give the path of a YAML "
        "file of your own."
    )


def import_folder(
    mapping: Mapping, folder: Path, landing: Path, contract: Contract, work: Path
) -> list[Path]:
    """Write the landing files of a mapping.

    Args:
        mapping: what becomes of what.
        folder: holds the mapping's input files.
        landing: root of the landed files; files of an earlier import are replaced.
        contract: the tables that may be written.
        work: a private folder for what is half-written, if landing is in an object store.

    Returns:
        The files written.

    Raises:
        MappingError: if an input is missing or a column does not exist.
    """
    written = []
    with connect() as connection:
        for name, file_name in mapping.inputs.items():
            _open_input(connection, mapping, name, folder / file_name)
        row = connection.execute(f"select cast(({mapping.extract_date}) as date)").fetchone()
        extract_date = row[0] if row else None
        for output in mapping.outputs:
            table = contract.table(output.source, output.table)
            if unknown := sorted(set(output.columns) - set(table.landed_names)):
                raise MappingError(
                    f"{mapping.name}: {table.full_name} has no columns {', '.join(unknown)}; "
                    f"it has {', '.join(table.landed_names)}."
                )
            load = table.load
            suffix = f"_{extract_date:%Y-%m-%d}" if load is Load.SNAPSHOT and extract_date else ""
            ending, options = WRITERS[output.format]
            target = (
                landing
                / output.source
                / output.table
                / f"{mapping.name}_{output.table}{suffix}.{ending}"
            )
            columns = ", ".join(f"{sql} as {name}" for name, sql in output.columns.items())
            part = part_of(target, work)
            try:
                connection.execute(
                    f"copy (select {columns} from {output.input}) to {quoted(str(part))} "
                    f"({options})"
                )
            except duckdb.Error as error:
                part.unlink(missing_ok=True)
                # Unless it is the SQL that is wrong, the engine may quote somebody's name.
                is_withheld = table.vault and not isinstance(error, FAULTS_OF_SQL)
                told = f"{type(error).__name__}, text withheld" if is_withheld else error
                raise MappingError(
                    f"{mapping.name}: {output.source}.{output.table} can't be made from "
                    f"{mapping.inputs[output.input]}: {told}"
                ) from error
            publish_file(part, target)
            written.append(target)
    return written


def _open_input(
    connection: duckdb.DuckDBPyConnection, mapping: Mapping, name: str, path: Path
) -> None:
    if not path.is_file():
        raise MappingError(
            f"{path} is missing; {mapping.name} needs {', '.join(mapping.inputs.values())} "
            "in the folder."
        )
    try:
        names = header(path, path.name)
    except FileRejectedError as error:
        raise MappingError(str(error)) from error
    columns = ", ".join(f"{quoted(column)}: 'VARCHAR'" for column in names)
    # Text only, and lenient about structure: what is wrong with a value, ingestion says.
    connection.execute(
        f"create table {name} as select * from read_csv({quoted(str(path))}, auto_detect = false, "
        f"header = true, quote = '\"', escape = '\"', null_padding = true, "
        f"columns = {{{columns}}})"
    )


def _parse(path: Path) -> Mapping:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        outputs = tuple(Output(**output) for output in document["outputs"])
        mapping = Mapping(
            path.stem,
            document["description"],
            document["inputs"],
            document["extract_date"],
            outputs,
        )
    except (KeyError, TypeError) as error:
        raise MappingError(f"{path.name}: {error} is missing or not known.") from error
    for output in mapping.outputs:
        if output.input not in mapping.inputs or output.format not in WRITERS:
            raise MappingError(
                f"{path.name}: {output.source}.{output.table} names the input {output.input!r} "
                f"and the format {output.format!r}; known are {list(mapping.inputs)} and "
                f"{list(WRITERS)}."
            )
    return mapping
