"""The lake: plain Parquet, append only, one file for each landed file and table.

A landed file is in the lake when its row stands in the manifest, and not before: readers join the
manifest, and its row is renamed into place last. Whatever a killed run left behind is invisible,
and is written over when the file is ingested again.

Rows carry the key by which the manifest names them: that of their landed file, and another one
after :mod:`marquee.ingest.compaction` has put the rows of many landed files into one file.

``restricted/`` is the vault: direct identifiers, the texts of quarantined records, and the key of
the hashes. Only its owner may read it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from marquee.contract import RESTRICTED, Contract, Load, Table
from marquee.engine import one_row, parquet, quoted
from marquee.ingest.reading import ROW_NUMBER
from marquee.log import LOG
from marquee.objectstore import ObjectPath

MANIFEST = ("marquee", "file_manifest")
QUARANTINE = ("marquee", "quarantined_rows")
PROFILES = ("marquee", "column_profiles")
REPLAYS = ("marquee", "replayed_rows")
LEDGERS = {
    MANIFEST: "_manifest",
    QUARANTINE: "_quarantine",
    PROFILES: "_profiles",
    REPLAYS: "_replays",
}
"""Tables with one file a landed file and no month folders, and their folders."""
QUARANTINED_TEXTS = (RESTRICTED, "quarantined_texts")
NO_MONTH = "batch_month=0000-00"
"""Folder of files without any row that has a time."""
EMPTY = "empty.parquet"
"""The zero-row file of a table."""
FILE_KEY = "_file_key"
"""Column of each row: by which key the manifest names it."""
GENERATION_KEY = "coalesce(generation_key, file_key)"
"""That key, in SQL over the manifest."""
PARQUET_OPTIONS = "format parquet, compression zstd"


@dataclass(frozen=True)
class KnownContents:
    """What `LandedFile.file_key` gives for the contents of files that are in the lake."""

    present: dict[str, str]
    """For contents as they are in landing, or were when they were taken from there, the keys of
    the files in the lake."""
    taken_back: set[str]
    """Contents as they were before customers in them were forgotten."""


class Lake:
    """Paths and commits below one root folder."""

    def __init__(self, root: Path, contract: Contract, on_disk: Path | None = None) -> None:
        """Args: the root, the tables, and a private folder if the root is in an object store."""
        self.root = root
        self.contract = contract
        self._on_disk = on_disk or root
        self._listed: dict[str, dict[str, list[Path]]] = {}

    @property
    def vault(self) -> Path:
        """The folder of direct identifiers."""
        return self.root / RESTRICTED

    @property
    def work(self) -> Path:
        """What is being written or spilled; it may hold anything that landed."""
        return self._on_disk / "_work"

    @property
    def repairs(self) -> Path:
        """Files that people edit, with texts of faulty records: in the vault, or on this disk."""
        return self._on_disk / RESTRICTED / "repairs"

    @property
    def spill(self) -> Path:
        """What an engine does not hold in memory; it is as confidential as what landed."""
        return self.work / "spill"

    def folder(self, table: Table) -> Path:
        """Where a table's files stand: month folders, except for the ledgers."""
        ledger = LEDGERS.get((table.source, table.name))
        return self.root / ledger if ledger else self.root / table.source / table.name

    def is_initialised(self) -> bool:
        """True once ``marquee init`` has run for every table of the contract."""
        return all(self._empty_file(table).exists() for table in self.contract.all())

    def has_files(self) -> bool:
        """True if any landed file is in the lake."""
        manifest = self.folder(self.contract.table(*MANIFEST))
        return any(path.name != EMPTY for path in manifest.glob("*.parquet"))

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
            self.write_file(connection, table, query, target)
            written += 1
        return written

    def write_file(
        self, connection: duckdb.DuckDBPyConnection, table: Table, query: str, target: Path
    ) -> None:
        """Write a query's rows as a file of the table, placed by one rename."""
        with self.workspace() as folder:
            publish_file(self.write_part(connection, table, query, folder), target)

    def write_private(self, content: bytes, target: Path) -> None:
        """Write what only its owner may read, placed by one rename."""
        with self.workspace() as folder:
            part = folder / target.name
            part.touch(mode=0o600)
            part.write_bytes(content)
            publish_file(part, target)

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
        return self.files(self.contract.table(*MANIFEST))

    def quarantine(self) -> str:
        """The quarantine as a relation for SQL, with what killed runs have left."""
        return self.files(self.contract.table(*QUARANTINE))

    def replays(self) -> str:
        """Which quarantined row each repaired record stands for, as a relation for SQL.

        With what killed runs have left.
        """
        return self.files(self.contract.table(*REPLAYS))

    def profiles(self) -> str:
        """What stands in each column of each file, as a relation for SQL.

        With what killed runs have left.
        """
        return self.files(self.contract.table(*PROFILES))

    def quarantined_texts(self) -> str:
        """The texts of the quarantine as a relation for SQL; they are in the vault."""
        return self.files(self.contract.table(*QUARANTINED_TEXTS))

    def files(self, table: Table) -> str:
        """All files of a table as a relation for SQL, with what killed runs have left."""
        is_ledger = (table.source, table.name) in LEDGERS
        pattern = self.folder(table) / ("*.parquet" if is_ledger else "*/*.parquet")
        return (
            f"read_parquet({quoted(str(pattern))}, union_by_name = true, hive_partitioning = false)"
        )

    def known_contents(self, connection: duckdb.DuckDBPyConnection) -> KnownContents:
        """The contents of all files that are in the lake."""
        rows = connection.execute(
            "select concat(left(content_sha256, 32), substring(file_key, 33)), file_key "
            f"from {self.manifest()}"
        ).fetchall()
        present = dict(rows)
        return KnownContents(present, {key for key in present.values() if key not in present})

    def recognise(
        self, connection: duckdb.DuckDBPyConnection, file_key: str, content_sha256: str
    ) -> None:
        """Let a file's rows stand for a landed file of another content from now on."""
        self.change_manifest(connection, file_key, {"content_sha256": quoted(content_sha256)})

    def change_manifest(
        self, connection: duckdb.DuckDBPyConnection, file_key: str, changed: dict[str, str]
    ) -> None:
        """Write the manifest row of a file anew.

        Args:
            connection: an engine.
            file_key: of the file.
            changed: SQL of what its columns are from now on; all others stay.
        """
        table = self.contract.table(*MANIFEST)
        types = {column.name: column.duckdb_type for column in table.columns}
        replaced = ", ".join(f"cast({sql} as {types[n]}) as {n}" for n, sql in changed.items())
        query = f"select * replace ({replaced}) from {self.manifest_row(file_key)}"
        self.write_file(connection, table, query, self.ledger_path(MANIFEST, file_key))

    def manifest_row(self, file_key: str) -> str:
        """The manifest row of one file as a relation for SQL."""
        return self.rows(self.contract.table(*MANIFEST), [self.ledger_path(MANIFEST, file_key)])

    def rows(self, table: Table, paths: Iterable[Path]) -> str:
        """Some files of a table as a relation for SQL.

        It has all columns of the contract, also those that the files are older than.
        """
        listed = ", ".join(quoted(str(path)) for path in (self._empty_file(table), *paths))
        return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"

    def rows_of(self, connection: duckdb.DuckDBPyConnection, file_key: str) -> str:
        """The rows of one landed file as a relation for SQL, wherever they stand."""
        key, lake_path = one_row(
            connection, f"select {GENERATION_KEY}, lake_path from {self.manifest_row(file_key)}"
        )
        return f"(from {parquet(self.root / lake_path)} where {FILE_KEY} = {quoted(key)})"

    def extent(self, connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
        """What tells two states of the lake apart: the newest load, and the bytes landed."""
        load_id, byte_count = one_row(
            connection,
            "select coalesce(max(load_id), 0), coalesce(sum(byte_count), 0)::bigint "
            f"from {self.manifest()}",
        )
        return load_id, byte_count

    @staticmethod
    def placed_together(table: Table) -> tuple[Table, ...]:
        """The tables that get the rows of a landed file: its own, those of lists, the vault."""
        vault = [table.vault] if table.vault else []
        return (table, *(item.child for item in table.lists), *vault)

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
        for leftover in self._files_of(table, file_key):
            leftover.unlink()

    def note_placed(self, table: Table, file_key: str, target: Path) -> None:
        """Remember a file of this run, so that `remove_leftovers` finds it."""
        if table.full_name in self._listed:
            self._listed[table.full_name].setdefault(file_key, []).append(target)

    def _files_of(self, table: Table, file_key: str) -> Iterable[Path]:
        if not isinstance(self.root, ObjectPath):
            return self.folder(table).glob(f"*/{file_key}.parquet")
        # A store lists a table's files as fast as one of them: so once a run, and not once a file.
        if table.full_name not in self._listed:
            found = self._listed[table.full_name] = {}
            for path in self.folder(table).glob("*/*.parquet"):
                found.setdefault(path.stem, []).append(path)
        return self._listed[table.full_name].pop(file_key, [])

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A private folder for half-written files, removed afterwards.

        It is inside the lake's file system, or on this machine's disk if the lake is in a store.
        """
        self.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(dir=self.work))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def clear_workspaces(self) -> None:
        """Remove what killed runs left half-written. Call it under the lock only, and first."""
        self._listed.clear()
        shutil.rmtree(self.work, ignore_errors=True)

    def _empty_file(self, table: Table) -> Path:
        folder = self.folder(table)
        is_ledger = (table.source, table.name) in LEDGERS
        return (folder if is_ledger else folder / NO_MONTH) / EMPTY


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write a query's rows, in its order, as one Parquet file."""
    connection.execute(f"copy ({query}) to {quoted(str(path))} ({PARQUET_OPTIONS})")


def publish_file(source: Path, target: Path) -> None:
    """Make a finished file visible under its name, whole or not at all; the source is gone then.

    With one rename that survives a power cut; in an object store, by a request that is complete.
    """
    LOG.info("placing %s", target)
    if isinstance(target, ObjectPath):
        target.upload(source)
        source.unlink()
        LOG.info("placed %s", target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    synchronise(source)
    source.replace(target)
    synchronise(target.parent)
    LOG.info("placed %s", target)


def part_of(target: Path, work: Path) -> Path:
    """Where to write what `publish_file` will place: under a name that ingestion passes over.

    Args:
        target: its place; the folder is made.
        work: a private folder, for targets in an object store.
    """
    if isinstance(target, ObjectPath):
        work.mkdir(parents=True, exist_ok=True, mode=0o700)
        return work / f".{target.name}.part"
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f".{target.name}.part")


def synchronise(path: Path) -> None:
    """Make a file's content, or a folder's names, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _schema(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[str, str]]:
    return _types(connection, f"select * from {parquet(path)}")


def _types(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[str, str]]:
    return [row[:2] for row in connection.execute(f"describe {query}").fetchall()]
