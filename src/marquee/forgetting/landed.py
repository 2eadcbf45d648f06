"""Landed files: those that are in the lake, written anew without some customers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from marquee.ingest.forgotten import CUSTOMER, ForgottenCustomers
from marquee.ingest.lake import Lake
from marquee.ingest.landing import (
    FileRejectedError,
    LandedFile,
    landed_files,
    sha256_of,
    utc_now,
)
from marquee.ingest.reading import read_file
from marquee.ingest.repaired import repaired_files
from marquee.ingest.rewriting import rewrite_without
from marquee.paths import Paths


@dataclass(frozen=True)
class Rest:
    """What is left of a landed file."""

    file: LandedFile
    file_key: str
    """In the lake; it stays."""
    path: Path
    """A hidden file beside it, until the lake knows it; of an object, one in the work folder."""
    content_sha256: str
    """Hash of what is left."""


def files_of_customers(paths: Paths, lake: Lake) -> Iterator[LandedFile | FileRejectedError]:
    """Landed files that may name customers, repaired ones too, and those that can't be told."""
    for item in landed_files(paths.landing, lake.contract, utc_now().date()):
        if isinstance(item, FileRejectedError) or CUSTOMER in item.table.landed_names:
            yield item
    for file in repaired_files(paths.landing, lake.contract):
        if CUSTOMER in file.table.landed_names:
            yield file


def rests(
    paths: Paths,
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    forgotten: ForgottenCustomers,
    file_keys: Collection[str],
) -> Iterator[Rest]:
    """What is left of landed files that are in the lake, for each copy of them.

    Also of copies as they were before: a kill may have left them. Files that ingestion has not
    taken yet are left to it: it knows who was forgotten.
    """
    known = lake.known_contents(connection)
    for item in files_of_customers(paths, lake):
        if isinstance(item, FileRejectedError):
            continue
        content = item.file_key(item.content_sha256())
        file_key = known.present.get(content, content)
        if file_key not in file_keys and content not in known.taken_back:
            continue
        with lake.workspace() as folder:
            on_disk = item.on_disk(folder)
            read_file(connection, on_disk, folder, utc_now())
            rows = forgotten.rows_read(connection, item.table)
            if rows:
                path = rewrite_without(connection, on_disk, rows, folder / "rest")
                if on_disk.origin:
                    # It waits until the lake knows it, longer than this folder is there.
                    path = path.replace(lake.work / f"rest-{folder.name}")
                yield Rest(on_disk, file_key, path, sha256_of(path))
