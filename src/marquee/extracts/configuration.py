"""What is extracted from where: one YAML file for each source, without any credentials."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from marquee.contract import Contract, Load, Table

FOLDER = "extracts"
"""In the project: the files by name; in the home: what each extraction remembers."""
NAME = re.compile(r"[a-z][a-z0-9_]*")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
# What libpq, the library below, reads by itself. Values never stand in SQL, which errors quote.
LIBPQ_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "database": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


class ExtractError(ValueError):
    """File, environment and source don't fit together; the message says where and what to do."""


class Mode(StrEnum):
    """Which rows are read."""

    SNAPSHOT = "snapshot"
    """All, each time."""
    CURSOR = "cursor"
    """Those whose cursor column has risen, all of them the first time."""


@dataclass(frozen=True)
class TableExtract:
    """One table of the source and the landed table that it becomes."""

    source: tuple[str, str]
    """Schema and name on the server."""
    target: Table
    mode: Mode
    cursor: str | None = None
    """Column of the source that rises with each change (or each row): a time or a whole number."""
    overlap: int | None = None
    """How far below the last value is read again, in seconds or in numbers: transactions don't end
    in the order in which they took their time or number."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column of the source for each landed column; if empty those of the same name."""

    @property
    def name(self) -> str:
        """``schema.table`` of the source."""
        return ".".join(self.source)

    @property
    def is_merged(self) -> bool:
        """True if a whole extract is made of the one before and of what has changed."""
        return self.mode is Mode.CURSOR and self.target.load is Load.SNAPSHOT


@dataclass(frozen=True)
class Extract:
    """Tables of one database that are read in one transaction."""

    name: str
    variables: Mapping[str, str]
    """Environment variable for each part of the connection: host, port, database, ..."""
    tables: tuple[TableExtract, ...]
    attempts: int = 5
    """How often it is tried where the connection is lost."""
    wait_seconds: float = 2
    """Before the second attempt; doubled before each further one, to a minute at most."""
    statement_timeout_seconds: int = 3600
    """A query that takes longer is given up."""

    def environment(self) -> dict[str, str]:
        """The connection as libpq's own variables.

        Raises:
            ExtractError: if a variable that the file names is not set.
        """
        missing = sorted(name for name in self.variables.values() if not os.environ.get(name))
        if missing:
            raise ExtractError(
                f"{self.name}: {', '.join(missing)} not set. Set in the environment what the "
                "extract's connection names; nothing of it is read from files."
            )
        return {LIBPQ_VARIABLES[part]: os.environ[name] for part, name in self.variables.items()}


def known_extracts(project: Path) -> list[str]:
    """Names of the extracts in the project's folder."""
    return sorted(path.stem for path in (project / FOLDER).glob("*.yml"))


def load_extract(name: str, project: Path, contract: Contract) -> Extract:
    """``extracts/<name>.yml`` of the project, or the path of another file.

    Raises:
        ExtractError: if there is none, or it says something that can't be done.
    """
    for path in (project / FOLDER / f"{name}.yml", Path(name)):
        if path.is_file():
            return _parse(path, contract)
    known = ", ".join(known_extracts(project)) or "none"
    raise ExtractError(
        f"No extract {name}. Known in {project / FOLDER} are: {known}; or give the path of a file."
    )


def _parse(path: Path, contract: Contract) -> Extract:
    if not NAME.fullmatch(path.stem):
        raise ExtractError(
            f"{path.name}: files are named after it, so use a-z, 0-9 and _, a letter first."
        )
    try:
        document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        document.pop("description", None)
        entries = document.pop("tables")
        variables = document.pop("connection", {})
        if unknown := sorted(set(variables) - set(LIBPQ_VARIABLES)):
            raise ExtractError(
                f"{path.name}: connection has {', '.join(unknown)}; known are "
                f"{', '.join(LIBPQ_VARIABLES)}, each with the name of an environment variable."
            )
        for part, variable in variables.items():
            if not VARIABLE.fullmatch(str(variable)):
                # It may be the password itself, so it is not shown.
                raise ExtractError(
                    f"{path.name}: connection.{part} is no name of an environment variable (A-Z, "
                    "0-9, _). Set the value in the environment, and write the variable's name here."
                )
        tables = tuple(_table(path.name, contract, **_renamed(entry)) for entry in entries)
        extract = Extract(path.stem, variables, tables, **document)
    except (AttributeError, KeyError, TypeError, yaml.YAMLError) as error:
        raise ExtractError(f"{path.name}: {error} is missing or not known.") from error
    _check_numbers(path.name, extract)
    _check_targets(path.name, extract)
    return extract


def _renamed(entry: Mapping[str, Any]) -> dict[str, Any]:
    """``from`` is a word of Python's own."""
    return {"source" if key == "from" else key: value for key, value in entry.items()}


def _table(
    where: str,
    contract: Contract,
    source: str,
    to: str,
    mode: str,
    cursor: str | None = None,
    overlap: int | None = None,
    columns: Mapping[str, str] | None = None,
) -> TableExtract:
    where = f"{where}: {source}"
    schema, _, name = source.rpartition(".")
    target_source, _, target_name = to.partition(".")
    target = contract.tables.get((target_source, target_name))
    if target is None or target.load is Load.INTERNAL:
        known = ", ".join(table.full_name for table in contract.landed())
        raise ExtractError(f"{where}: nothing lands as {to}; it is one of {known}.")
    if mode not in tuple(Mode):
        raise ExtractError(f"{where}: mode is {mode!r}; it is snapshot or cursor.")
    if (mode == Mode.CURSOR) != (cursor is not None):
        raise ExtractError(f"{where}: mode cursor needs a column as cursor, mode snapshot none.")
    if overlap is not None and (type(overlap) is not int or overlap < 0):
        raise ExtractError(f"{where}: overlap is {overlap!r}; it is seconds, or numbers of keys.")
    if unknown := sorted(set(columns or {}) - set(target.landed_names)):
        raise ExtractError(
            f"{where}: {target.full_name} has no columns {', '.join(unknown)}; "
            f"it has {', '.join(target.landed_names)}."
        )
    return TableExtract(
        (schema or "public", name), target, Mode(mode), cursor, overlap, dict(columns or {})
    )


def _check_numbers(where: str, extract: Extract) -> None:
    numbers = {
        "attempts": extract.attempts,
        "wait_seconds": extract.wait_seconds,
        "statement_timeout_seconds": extract.statement_timeout_seconds,
    }
    for name, value in numbers.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or value < (0 if name == "wait_seconds" else 1):
            raise ExtractError(f"{where}: {name} is {value!r}; it is a positive number.")


def _check_targets(where: str, extract: Extract) -> None:
    """Two whole extracts of a day would be taken for parts of one, and nobody would be gone."""
    targets = [table.target.full_name for table in extract.tables]
    if twice := sorted({name for name in targets if targets.count(name) > 1}):
        raise ExtractError(
            f"{where}: {', '.join(twice)} stands there twice. Make one view of both tables on the "
            "server, or one extract for each."
        )
