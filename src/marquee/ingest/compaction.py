"""Compaction: the rows of many landed files in one Parquet file, as a new generation of them.

What is merged are small files of closed months: those before the newest month of a table. The
merged file is placed beside the files that it is made of, its rows under new keys, which nobody
names yet. Then the manifest row of one landed file after the other is written anew and names the
new key. A reader who has the manifest finds the rows of each landed file under exactly one key,
whichever manifest it is: the old and the new rows stand side by side.

Who reads rows has to read the manifest first, in a statement of its own, as staging does: an engine
lists the files of a folder when a statement begins and reads them later, so in one statement the
list could be from before a merged file came and the manifest from after. What the manifest does not
name any more stays for as long as a reader may have a manifest that does: see `remove_superseded`.

The keys of a generation are made of the keys of the generations before, so no two different merged
files share one. Killed anywhere, the same command completes what is left to do: merged files that
no manifest row names are removed in the end, those that some rows name are merged again with the
files of the others.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from marquee.contract import Load, Table
from marquee.engine import connect, limit_memory, one_row, parquet, quoted
from marquee.ingest.lake import EMPTY, FILE_KEY, GENERATION_KEY, Lake, publish_file
from marquee.ingest.reading import ROW_NUMBER
from marquee.log import LOG
from marquee.store import StoreError

ROWS = 4_000_000
"""Rows of a landed table that one merged file has at most; of events that is about 128 MB. A file
that has as many already stays as it is."""
GRACE_SECONDS = 3600.0
"""For so long a statement may go on reading files that were listed when it began."""
MOVED = "moved"
"""Table of the landed files of a merge: their key, the old and the new one of their rows."""


@dataclass(frozen=True)
class Landed:
    """A landed file, as the manifest has it."""

    file_key: str
    key: str
    """By which its rows stand in the lake."""
    lake_path: str
    load_id: int
    row_count: int

    @property
    def place(self) -> tuple[str, str]:
        """Month folder and file name, which are the same in all tables that have rows of it."""
        path = Path(self.lake_path)
        return path.parent.name, path.name


@dataclass(frozen=True)
class Merge:
    """Landed files whose rows get into one file of each table."""

    table: Table
    """What landed."""
    month: str
    """The folder."""
    files: tuple[Landed, ...]
    """In the order of their loads."""

    @property
    def name(self) -> str:
        """Of the merged files, without ending: a hash of what they are made of."""
        keys = "\n".join(file.key for file in self.files)
        return hashlib.sha256(keys.encode()).hexdigest()[:32]

    def key(self, file: Landed) -> str:
        """By which a landed file's rows stand in the merged files."""
        return f"{file.file_key}.{self.name}"

    @property
    def sources(self) -> list[str]:
        """Names of the files that are merged."""
        return list(dict.fromkeys(file.place[1] for file in self.files))


@dataclass
class Size:
    """Of the files of one table that the manifest names."""

    file_count: int = 0
    byte_count: int = 0


@dataclass
class Compaction:
    """What one compaction did, or would do."""

    merges: list[Merge]
    before: dict[str, Size]
    """By ``source.table``: of all that landed, of lists, of the vault."""
    merged_counts: Counter[str]
    """By how many each table has fewer files afterwards."""
    after: dict[str, Size] = field(default_factory=dict)
    """Empty if nothing was merged."""
    row_count: int = 0
    """Rows that were moved; hashes of them before and after were equal."""
    removed_count: int = 0
    """Files that nobody needs any more, and that are gone now."""
    waiting_count: int = 0
    """Files that a later compaction removes, once nobody needs them."""


def compact(
    lake: Lake,
    keys_in_use: Collection[str] | None = (),
    grace_seconds: float = GRACE_SECONDS,
    rows: int = ROWS,
) -> Compaction:
    """Merge the small files of closed months. The caller holds the lock.

    Args:
        lake: an initialised lake.
        keys_in_use: see `remove_superseded`.
        grace_seconds: likewise.
        rows: of a landed table that one merged file has at most.

    Raises:
        StoreError: if rows that the manifest names are not there, or a disk is full; what was
            merged until then is, and all else is as it was.
    """
    lake.clear_workspaces()
    with connect() as connection:
        limit_memory(connection, lake.spill)
        done = planned(connection, lake, rows)
        for merge in done.merges:
            done.row_count += _place(connection, lake, merge)
            _switch(connection, lake, merge)
        if done.merges:
            done.after = _sizes(lake, _manifest(connection, lake))
        done.removed_count, done.waiting_count = remove_superseded(
            connection, lake, keys_in_use, grace_seconds
        )
    return done


def planned(connection: duckdb.DuckDBPyConnection, lake: Lake, rows: int = ROWS) -> Compaction:
    """What there is to merge; see `compact`."""
    landed = _manifest(connection, lake)
    merges = [merge for table, files in landed.items() for merge in _merges(table, files, rows)]
    merged: Counter[str] = Counter()
    for merge in merges:
        for table in lake.placed_together(merge.table):
            merged[table.full_name] += max(len(_sources(lake, merge, table)) - 1, 0)
    return Compaction(merges, _sizes(lake, landed), merged)


def separate(
    connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table, lake_paths: Collection[str]
) -> None:
    """Give the landed files of merged files their own files again. The caller holds the lock.

    Args:
        connection: an engine.
        lake: an initialised lake.
        table: what landed.
        lake_paths: the merged files, as the manifest has them.
    """
    files = [file for file in _manifest(connection, lake)[table] if file.lake_path in lake_paths]
    for file in files:
        month, name = file.place
        if file.key == file.file_key:
            continue
        for own in lake.placed_together(table):
            merged = lake.folder(own) / month / name
            if not merged.exists():
                continue
            query = (
                f"select * replace ({quoted(file.file_key)} as {FILE_KEY}) from {parquet(merged)} "
                f"where {FILE_KEY} = {quoted(file.key)}"
            )
            lake.write_file(connection, own, query, lake.file_path(own, month, file.file_key))
        own_path = lake.file_path(table, month, file.file_key).relative_to(lake.root).as_posix()
        changed = {"generation_key": "null", "lake_path": quoted(own_path)}
        lake.change_manifest(connection, file.file_key, changed)


def remove_superseded(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    keys_in_use: Collection[str] | None,
    grace_seconds: float = GRACE_SECONDS,
) -> tuple[int, int]:
    """Remove files of rows that the manifest does not name. The caller holds the lock.

    Args:
        connection: an engine.
        lake: an initialised lake.
        keys_in_use: keys of rows that a build reads by its own copy of the manifest; None if nobody
            can tell, because a build is going on: then nothing is removed.
        grace_seconds: how long ago the manifest must have named the rows last.

    Returns:
        How many were removed, and how many are left to a later time.
    """
    in_use = {_stem(key) for key in keys_in_use or ()}
    latest = time.time() - grace_seconds
    removed = waiting = 0
    for table, files in _manifest(connection, lake).items():
        named = {file.place for file in files}
        for own in lake.placed_together(table):
            for path in sorted(lake.folder(own).glob("*/*.parquet")):
                if path.name == EMPTY or (path.parent.name, path.name) in named:
                    continue
                is_due = path.stat().st_mtime <= latest and path.stem not in in_use
                if keys_in_use is None or not is_due:
                    waiting += 1
                    continue
                path.unlink()
                LOG.info("removed %s", path)
                removed += 1
    return removed, waiting


def _manifest(connection: duckdb.DuckDBPyConnection, lake: Lake) -> dict[Table, list[Landed]]:
    """The landed files of each table, in the order of their loads."""
    found: dict[tuple[str, str], list[Landed]] = {}
    rows = connection.execute(
        f"select source_name, table_name, file_key, {GENERATION_KEY}, lake_path, load_id, "
        f"loaded_row_count from {lake.manifest()} order by load_id"
    ).fetchall()
    for source, name, *values in rows:
        found.setdefault((source, name), []).append(Landed(*values))
    return {table: found.get((table.source, table.name), []) for table in lake.contract.landed()}


def _merges(table: Table, files: Sequence[Landed], rows: int) -> Iterator[Merge]:
    """Files that stand together stay together; neighbours by load are merged up to a size."""
    months: dict[str, dict[str, list[Landed]]] = {}
    for file in files:
        months.setdefault(file.place[0], {}).setdefault(file.place[1], []).append(file)
    for month in sorted(months)[:-1]:
        groups: list[list[list[Landed]]] = [[]]
        for unit in months[month].values():
            if _row_count([unit]) >= rows:
                continue
            if _row_count([*groups[-1], unit]) > rows:
                groups.append([])
            groups[-1].append(unit)
        for group in groups:
            if len(group) > 1:
                files_of = (file for unit in group for file in unit)
                yield Merge(table, month, tuple(sorted(files_of, key=lambda file: file.load_id)))


def _row_count(units: Iterable[Iterable[Landed]]) -> int:
    return sum(file.row_count for unit in units for file in unit)


def _sources(lake: Lake, merge: Merge, table: Table) -> list[Path]:
    """The files of a table that are merged; none of lists that came into the contract later."""
    folder = lake.folder(table) / merge.month
    return [path for name in merge.sources if (path := folder / name).exists()]


def _place(connection: duckdb.DuckDBPyConnection, lake: Lake, merge: Merge) -> int:
    """Place the merged files, whose rows nobody names yet; returns how many landed rows they have.

    Raises:
        StoreError: if they would not have the rows that the manifest says.
    """
    moved = {
        "file_key": [file.file_key for file in merge.files],
        "old_key": [file.key for file in merge.files],
        "new_key": [merge.key(file) for file in merge.files],
        "load_id": [file.load_id for file in merge.files],
    }
    connection.register(MOVED, pa.table(moved))
    for table in lake.placed_together(merge.table):
        sources = _sources(lake, merge, table)
        before = _fingerprint(connection, lake.rows(table, sources), "old_key")
        expected = sum(file.row_count for file in merge.files)
        if table == merge.table and before[0] != expected:
            raise StoreError(
                f"The files of {table.full_name} in {merge.month} of the lake have {before[0]} "
                f"rows where the manifest says {expected}. If marquee forget was interrupted, run "
                "it again; else restore them. Nothing of them was merged."
            )
        if not sources:
            continue
        with lake.workspace() as folder:
            part = lake.write_part(connection, table, _query(lake, merge, table, sources), folder)
            after = _fingerprint(connection, lake.rows(table, [part]), "new_key")
            if before != after:
                raise StoreError(
                    f"What was written of {table.full_name} in {merge.month} is not what was read. "
                    "Check the disk; nothing of it was placed."
                )
            publish_file(part, lake.file_path(table, merge.month, merge.name))
    connection.unregister(MOVED)
    return expected


def _query(lake: Lake, merge: Merge, table: Table, sources: Sequence[Path]) -> str:
    """The rows in the order of ingestion; those of extracts, of which one is read, day by day."""
    own = [merge.table.time_column] if table == merge.table and merge.table.time_column else []
    loads = [f"{MOVED}.load_id"]
    first = [*own, *loads] if merge.table.load is Load.APPEND else [*loads, *own]
    positions = [item.position for item in merge.table.lists if item.child == table]
    order = ", ".join([*first, ROW_NUMBER, *positions])
    return (
        f"select parts.* replace ({MOVED}.new_key as {FILE_KEY}) "
        f"from {lake.rows(table, sources)} as parts "
        f"inner join {MOVED} on parts.{FILE_KEY} = {MOVED}.old_key order by {order}"
    )


def _fingerprint(connection: duckdb.DuckDBPyConnection, relation: str, key: str) -> tuple[int, int]:
    """Number and hash of the rows of the landed files that are moved, in any order of them."""
    count, digest = one_row(
        connection,
        f"select count(*), coalesce(sum(hash(parts)), 0) from (select parts.* replace "
        f"({MOVED}.file_key as {FILE_KEY}) from {relation} as parts "
        f"inner join {MOVED} on parts.{FILE_KEY} = {MOVED}.{key}) as parts",
    )
    return count, digest


def _switch(connection: duckdb.DuckDBPyConnection, lake: Lake, merge: Merge) -> None:
    """Let the manifest name the merged rows of one landed file after the other."""
    for table in lake.placed_together(merge.table):
        for path in _sources(lake, merge, table):
            # From now on it may be superseded: its age is what is waited for.
            path.touch()
    lake_path = lake.file_path(merge.table, merge.month, merge.name).relative_to(lake.root)
    for file in merge.files:
        changed = {
            "generation_key": quoted(merge.key(file)),
            "lake_path": quoted(lake_path.as_posix()),
        }
        lake.change_manifest(connection, file.file_key, changed)


def _sizes(lake: Lake, landed: dict[Table, list[Landed]]) -> dict[str, Size]:
    sizes: dict[str, Size] = {}
    for table, files in landed.items():
        places = dict.fromkeys(file.place for file in files)
        for own in lake.placed_together(table):
            paths = (lake.folder(own) / month / name for month, name in places)
            found = [path.stat().st_size for path in paths if path.exists()]
            sizes[own.full_name] = Size(len(found), sum(found))
    return sizes


def _stem(key: str) -> str:
    """How the file is called whose rows have a key."""
    return key.rpartition(".")[2]
