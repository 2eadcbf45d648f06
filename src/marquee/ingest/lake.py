"""The lake: plain Parquet, append only, one file for each landed file and table.

A landed file is in the lake when its row stands in the manifest, and not before: readers join the
manifest, and its row is renamed into place last. Whatever a killed run left behind is invisible,
and is written over when the file is ingested again.

``restricted/`` is the vault: direct identifiers, the texts of quarantined records, and the key of
the hashes. Only its owner may read it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from marquee.contract import RESTRICTED, Contract, Load, Table
from marquee.engine import one_row, quoted
from marquee.ingest.reading import ROW_NUMBER

MANIFEST = ("marquee", "file_manifest")
QUARANTINE = ("marquee", "quarantined_rows")
PROFILES = ("marquee", "column_profiles")
LEDGERS = {MANIFEST: "_manifest", QUARANTINE: "_quarantine", PROFILES: "_profiles"}
"""Tables with one file a landed file and no month folders, and their folders."""
QUARANTINED_TEXTS = (RESTRICTED, "quarantined_texts")
NO_MONTH = "batch_month=0000-00"
"""Folder of files without any row that has a time."""
FILE_KEY = "_file_key"
PARQUET_OPTIONS = "format parquet, compression zstd"


class Lake:
    """Paths and commits below one root folder."""

    def __init__(self, root: Path, contract: Contract) -> None:
        self.root = root
        self.contract = contract

    @property
    def vault(self) -> Path:
        """The folder of direct identifiers."""
        return self.root / RESTRICTED

    @property
    def work(self) -> Path:
        """What is being written or spilled; it may hold anything that landed."""
        return self.root / "_work"

    def folder(self, table: Table) -> Path:
        """Where a table's files stand: month folders, except for the ledgers."""
        ledger = LEDGERS.get((table.source, table.name))
        return self.root / ledger if ledger else self.root / table.source / table.name

    def is_initialised(self) -> bool:
        """True once ``marquee init`` has run for every table of the contract."""
        return all(self._empty_file(table).exists() for table in self.contract.all())

    def initialise(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Write one zero-row typed file for each table that has none.

        With it an absent source is an empty table and not an error of the engine.

        Returns:
            The number of files written.
        """
        self.vault.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = 0
        for table in self.contract.all():
            target = self._empty_file(table)
            columns = [f"cast(null as {c.duckdb_type}) as {c.name}" for c in table.columns]
            if table.load is not Load.INTERNAL:
                columns.append(f"cast(null as varchar) as {FILE_KEY}")
                columns.append(f"cast(null as bigint) as {ROW_NUMBER}")
            query = f"select {', '.join(columns)} limit 0"
            if target.exists() and _schema(connection, target) == _types(connection, query):
                continue
            with self.workspace() as folder:
                publish_file(self.write_part(connection, table, query, folder), target)
            written += 1
        return written

    def write_part(
        self, connection: duckdb.DuckDBPyConnection, table: Table, query: str, folder: Path
    ) -> Path:
        """Write a query's rows as a file of the table that is still to be published.

        Returns:
            The file in ``folder``; only its owner may read one of the vault.
        """
        part = folder / "part.parquet"
        write_parquet(connection, query, part)
        if table.source == RESTRICTED:
            part.chmod(0o600)
        return part

    def manifest(self) -> str:
        """The manifest as a relation for SQL."""
        pattern = self.folder(self.contract.table(*MANIFEST)) / "*.parquet"
        return f"read_parquet({quoted(str(pattern))}, union_by_name = true)"

    def known_file_keys(self, connection: duckdb.DuckDBPyConnection) -> set[str]:
        """Keys of all files that are in the lake."""
        rows = connection.execute(f"select file_key from {self.manifest()}").fetchall()
        return {row[0] for row in rows}

    def extent(self, connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
        """What tells two states of the lake apart: the newest load, and the bytes landed."""
        load_id, byte_count = one_row(
            connection,
            "select coalesce(max(load_id), 0), coalesce(sum(byte_count), 0)::bigint "
            f"from {self.manifest()}",
        )
        return load_id, byte_count

    def file_path(self, table: Table, month: str, file_key: str) -> Path:
        """Where the rows of one landed file belong."""
        return self.folder(table) / month / f"{file_key}.parquet"

    def ledger_path(self, ledger: tuple[str, str], file_key: str) -> Path:
        """Where the rows of one landed file belong in a ledger."""
        return self.folder(self.contract.table(*ledger)) / f"{file_key}.parquet"

    def remove_leftovers(self, table: Table, file_key: str) -> None:
        """Remove rows that a killed run placed under another month for the same file.

        The month follows from the content and the contract; only a contract changed between the
        kill and the next run moves it.
        """
        for leftover in self.folder(table).glob(f"*/{file_key}.parquet"):
            leftover.unlink()

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder inside the lake's file system for half-written files, removed afterwards."""
        self.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(dir=self.work))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def clear_workspaces(self) -> None:
        """Remove what killed runs left half-written. Call it under the lock only."""
        shutil.rmtree(self.work, ignore_errors=True)

    def _empty_file(self, table: Table) -> Path:
        folder = self.folder(table)
        is_ledger = (table.source, table.name) in LEDGERS
        return (folder if is_ledger else folder / NO_MONTH) / "empty.parquet"


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write a query's rows, in its order, as one Parquet file."""
    connection.execute(f"copy ({query}) to {quoted(str(path))} ({PARQUET_OPTIONS})")


def publish_file(source: Path, target: Path) -> None:
    """Make a finished file visible under its name with one rename that survives a power cut."""
    target.parent.mkdir(parents=True, exist_ok=True)
    synchronise(source)
    source.replace(target)
    synchronise(target.parent)


def synchronise(path: Path) -> None:
    """Make a file's content, or a folder's names, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _schema(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[str, str]]:
    reader = f"read_parquet({quoted(str(path))}, hive_partitioning = false)"
    return _types(connection, f"select * from {reader}")


def _types(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[str, str]]:
    return [row[:2] for row in connection.execute(f"describe {query}").fetchall()]
