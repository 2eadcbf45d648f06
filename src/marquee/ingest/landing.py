"""Which files have landed, and what their path says about them."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from marquee.contract import Contract, Load, Table

ISO_DATE = re.compile(r"(?<![0-9])([0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9])")
IN_FLIGHT = (".tmp", ".part", ".partial", ".crdownload")
COPY_BYTES = 1 << 20
DATE_TOLERANCE = dt.timedelta(days=1)
"""How far the day of an extract may be ahead: in some zones tomorrow has begun."""


class Format(StrEnum):
    """File formats that ingestion reads."""

    CSV = "csv"
    JSON_LINES = "json_lines"
    PARQUET = "parquet"


SUFFIXES = {
    ".csv": Format.CSV,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".parquet": Format.PARQUET,
}


class FileRejectedError(Exception):
    """A landed file can't be loaded at all; the message names the file and the remedy.

    Nothing of the file reaches the lake, and it stays in landing, so that a repaired file under
    the same name is simply taken by the next run.
    """

    def __init__(self, file_name: str, problem: str) -> None:
        super().__init__(f"{file_name}: {problem}")
        self.file_name = file_name


@dataclass(frozen=True)
class LandedFile:
    """One file below ``landing/<source>/<table>/``."""

    path: Path
    name: str
    """Relative to the landing root, with forward slashes."""
    table: Table
    format: Format
    is_compressed: bool
    extract_date: dt.date | None
    """For ``load: snapshot``: the date on which the extract was the state."""

    def content_sha256(self) -> str:
        """Hash of the bytes as they came."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def file_key(self, content_sha256: str) -> str:
        """Identity of the file in the lake.

        The content alone for ``append``; content and extract date for ``snapshot``, so that a
        state that goes A, B, A ends at A.
        """
        key = content_sha256[:32]
        return f"{key}-{self.extract_date:%Y%m%d}" if self.extract_date else key

    def told(self, error: Exception) -> str:
        """What a reader says about the file, for a message.

        Readers quote the text that they stop at; where that may be a name, only the kind of error
        is told.
        """
        return f"{type(error).__name__}, text withheld" if self.table.vault else str(error)

    def plain_copy(self, folder: Path) -> Path:
        """The file without gzip, in ``folder``: a link to it, or a decompressed copy.

        Its name is ours, because DuckDB takes ``*``, ``?`` and ``[`` in a name for a pattern.
        Python inflates, because DuckDB reads a file that was cut behind a line end without an
        error, and Python's reader checks length and checksum.

        Raises:
            FileRejectedError: if the gzip stream is truncated or corrupt.
        """
        target = folder / "plain"
        if not self.is_compressed:
            target.symlink_to(self.path.resolve())
            return target
        try:
            with gzip.open(self.path, "rb") as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, COPY_BYTES)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileRejectedError(
                self.name, f"the gzip stream is damaged ({error}). Upload the file again."
            ) from error
        return target


def utc_now() -> dt.datetime:
    """The machine's clock, in UTC without a zone."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def landed_files(
    root: Path, contract: Contract, today: dt.date
) -> Iterator[LandedFile | FileRejectedError]:
    """All landed files in order of their path; unusable ones as the error that says why.

    Hidden files, names that begin with ``_`` and unfinished uploads (``.part``, ``.tmp``) are
    passed over in silence: they are not meant to be read yet. Links to files and folders are
    followed.

    Args:
        root: the root of the landed files.
        contract: the tables that files may be of.
        today: the present day in UTC; no extract can be of a later one.
    """
    for path in sorted(_files(root)):
        try:
            yield _landed_file(path, path.relative_to(root).as_posix(), contract, today)
        except FileRejectedError as error:
            yield error


def _files(root: Path) -> Iterator[Path]:
    seen = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        # A link that leads back up would be walked for ever.
        if (real := os.path.realpath(folder)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        for name in names:
            if not name.startswith((".", "_")) and not name.endswith(IN_FLIGHT):
                yield Path(folder) / name


def _landed_file(path: Path, name: str, contract: Contract, today: dt.date) -> LandedFile:
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(name).decode(errors="backslashreplace")
        raise FileRejectedError(shown, "the name is not UTF-8. Rename the file.") from None
    if not path.is_file():
        raise FileRejectedError(name, "it is a link to nowhere. Remove it, or restore the file.")
    if not os.access(path, os.R_OK):
        raise FileRejectedError(name, "it may not be read. Give this account the permission.")
    source_name, _, rest = name.partition("/")
    table_name = rest.partition("/")[0]
    table = contract.tables.get((source_name, table_name))
    if table is None or table.load is Load.INTERNAL or rest == table_name:
        known = ", ".join(f"{t.source}/{t.name}/" for t in contract.landed())
        raise FileRejectedError(
            name, f"no source table has this folder. Move the file into one of: {known}"
        )
    is_compressed = path.suffix.lower() == ".gz"
    suffix = (Path(path.stem).suffix if is_compressed else path.suffix).lower()
    file_format = SUFFIXES.get(suffix)
    if file_format is None or (is_compressed and file_format is Format.PARQUET):
        raise FileRejectedError(
            name,
            "the format is not known from the name. Use .csv, .jsonl or .ndjson (each also with "
            ".gz), or .parquet.",
        )
    day = _extract_date(name, table)
    if day and day > today + DATE_TOLERANCE:
        raise FileRejectedError(
            name,
            f"it is named as the extract of {day}, a day to come: that would move the day of every "
            "snapshot. Rename it to the day of the extract, or set this machine's clock.",
        )
    return LandedFile(path, name, table, file_format, is_compressed, day)


def _extract_date(name: str, table: Table) -> dt.date | None:
    if table.load is not Load.SNAPSHOT:
        return None
    for text in reversed(ISO_DATE.findall(name)):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            continue
    raise FileRejectedError(
        name,
        f"{table.full_name} is loaded as full extracts, so the path must say of which day: "
        f"rename it, for example to {table.name}_2026-01-31.csv.",
    )
