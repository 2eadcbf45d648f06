"""Which files have landed, and what their path says about them."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import os
import re
import shutil
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from marquee.contract import Contract, Load, Table
from marquee.ingest.formats import (
    Compression,
    FileFormat,
    Format,
    UnknownFormatError,
    file_format,
    named_format,
)
from marquee.objectstore import ObjectChangedError, ObjectPath
from marquee.store import raise_if_store_failed

ISO_DATE = re.compile(r"(?<![0-9])([0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9])")
IN_FLIGHT = (".tmp", ".part", ".partial", ".crdownload")
COPY_BYTES = 1 << 20
DATE_TOLERANCE = dt.timedelta(days=1)
"""How far the day of an extract may be ahead: in some zones tomorrow has begun."""


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
    compression: Compression | None
    """Of the file as a whole; None where its format compresses within, or nothing is compressed."""
    extract_date: dt.date | None
    """For ``load: snapshot``: the date on which the extract was the state."""
    origin: ObjectPath | None = None
    """The object that ``path`` is a copy of."""
    etag: str = ""
    """Of that object as it was when it was copied."""

    @property
    def is_compressed(self) -> bool:
        """True if the file has to be decompressed before its format is seen."""
        return self.compression is not None

    def on_disk(self, folder: Path) -> LandedFile:
        """The same file where readers can open it: an object is copied to ``folder`` first.

        Raises:
            FileRejectedError: if the object is not what its name says, is gone, or was replaced
                while it was copied.
        """
        if not isinstance(self.path, ObjectPath):
            return self
        copy = folder / "landed"
        try:
            entry = self.path.download(copy)
            found = file_format(copy, self.path.name)
        except ObjectChangedError:
            raise _replaced(self.name) from None
        except FileNotFoundError:
            raise FileRejectedError(self.name, "it is gone. Upload it again.") from None
        except UnknownFormatError as error:
            raise FileRejectedError(self.name, str(error)) from error
        return replace(
            self,
            path=copy,
            format=found.format,
            compression=found.compression,
            origin=self.path,
            etag=entry.etag,
        )

    def content_sha256(self) -> str:
        """Hash of the bytes as they came.

        Raises:
            FileRejectedError: if the bytes can't be read.
        """
        try:
            return sha256_of(self.path)
        except ObjectChangedError:
            raise _replaced(self.name) from None
        except OSError as error:
            raise _unreadable(self.name, error) from error

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
        """The file without compression, in ``folder``: a link to it, or a decompressed copy.

        Its name is ours, because DuckDB takes ``*``, ``?`` and ``[`` in a name for a pattern.
        DuckDB doesn't inflate, because it reads a file that was cut behind a line end without an
        error; the readers here check length and checksum.

        Raises:
            FileRejectedError: if the compressed stream is truncated or corrupt.
        """
        target = folder / "plain"
        if self.compression is None:
            target.symlink_to(self.path.resolve())
            return target
        try:
            with self._decompressed() as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, COPY_BYTES)
        except (EOFError, OSError, zlib.error) as error:
            raise_if_store_failed(error)
            raise FileRejectedError(
                self.name,
                f"the {self.compression} stream is damaged ({error}). Upload the file again.",
            ) from error
        return target

    def _decompressed(self) -> BinaryIO:
        if self.compression is Compression.GZIP:
            return cast(BinaryIO, gzip.open(self.path, "rb"))
        return cast(BinaryIO, pa.input_stream(str(self.path), compression="zstd"))


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _replaced(name: str) -> FileRejectedError:
    return FileRejectedError(name, "it was replaced while it was read. The next run takes it.")


def _unreadable(name: str, error: OSError) -> FileRejectedError:
    return FileRejectedError(name, f"it can't be read ({error.strerror}). Upload the file again.")


def utc_now() -> dt.datetime:
    """The machine's clock, in UTC without a zone."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def landed_files(
    root: Path, contract: Contract, today: dt.date, only: Collection[Path] | None = None
) -> Iterator[LandedFile | FileRejectedError]:
    """All landed files in order of their path; unusable ones as the error that says why.

    Hidden files, names that begin with ``_`` and unfinished uploads (``.part``, ``.tmp``) are
    passed over in silence: they are not meant to be read yet. Links to files and folders are
    followed.

    Args:
        root: the root of the landed files.
        contract: the tables that files may be of.
        today: the present day in UTC; no extract can be of a later one.
        only: these paths of `files_below`; all if not given.
    """
    for path in sorted(files_below(root) if only is None else only):
        try:
            yield _landed_file(path, path.relative_to(root).as_posix(), contract, today)
        except FileRejectedError as error:
            yield error


def files_below(root: Path) -> Iterator[Path]:
    """Every path that may be a landed file, without a look at it, in no order."""
    if isinstance(root, ObjectPath):
        yield from _objects_below(root)
        return
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


def _objects_below(root: ObjectPath) -> Iterator[Path]:
    for path in root.objects():
        key = path.entry.key if path.entry else path.key
        # A key that ends with / is what consoles make of a folder.
        is_hidden = any(part.startswith((".", "_")) for part in path.relative_to(root).parts)
        if not is_hidden and not key.endswith(("/", *IN_FLIGHT)):
            yield path


def _landed_file(path: Path, name: str, contract: Contract, today: dt.date) -> LandedFile:
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(name).decode(errors="backslashreplace")
        raise FileRejectedError(shown, "the name is not UTF-8. Rename the file.") from None
    if isinstance(path, ObjectPath):
        if path.entry and path.entry.key != path.key:
            raise FileRejectedError(
                name, f"its key {path.entry.key} is no path. Copy it to a key without // and /./."
            )
    elif not path.is_file():
        raise FileRejectedError(name, "it is a link to nowhere. Remove it, or restore the file.")
    elif not os.access(path, os.R_OK):
        raise FileRejectedError(name, "it may not be read. Give this account the permission.")
    source_name, _, rest = name.partition("/")
    table_name = rest.partition("/")[0]
    table = contract.tables.get((source_name, table_name))
    if table is None or table.load is Load.INTERNAL or rest == table_name:
        known = ", ".join(f"{t.source}/{t.name}/" for t in contract.landed())
        raise FileRejectedError(
            name, f"no source table has this folder. Move the file into one of: {known}"
        )
    try:
        found = _format_of(path)
    except UnknownFormatError as error:
        raise FileRejectedError(name, str(error)) from error
    except ObjectChangedError:
        raise _replaced(name) from None
    except OSError as error:
        raise _unreadable(name, error) from error
    day = _extract_date(name, table)
    if day and day > today + DATE_TOLERANCE:
        raise FileRejectedError(
            name,
            f"it is named as the extract of {day}, a day to come: that would move the day of every "
            "snapshot. Rename it to the day of the extract, or set this machine's clock.",
        )
    return LandedFile(path, name, table, found.format, found.compression, day)


def _format_of(path: Path) -> FileFormat:
    # Of objects a look at each would be two requests; they are looked at when they are copied.
    found = named_format(path.name) if isinstance(path, ObjectPath) else None
    return found or file_format(path)


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
