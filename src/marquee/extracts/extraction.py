"""From a server's tables to landed files, each placed by one rename."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from marquee.contract import Load
from marquee.engine import one_row
from marquee.extracts.columns import LISTS, TakenColumn
from marquee.extracts.configuration import Extract, ExtractError, TableExtract
from marquee.extracts.server import (
    Snapshot,
    SourceUnavailableError,
    local_engine,
    snapshot_of,
)
from marquee.extracts.state import TableState, read_state, state_name, state_path, write_state
from marquee.extracts.table_reader import EPOCH, TableRead, TableReader
from marquee.ingest.lake import Lake, publish_file, write_parquet
from marquee.ingest.landing import sha256_of
from marquee.log import LOG
from marquee.objectstore import ObjectPath
from marquee.paths import Paths

LONGEST_WAIT_SECONDS = 60.0
HASH_LENGTH = 12
UNFINISHED = ".extract"
"""Ends the hidden name of a file that is being written into landing."""


@dataclass(frozen=True)
class Extraction:
    """What became of one table."""

    table: TableExtract
    path: Path | None
    """The landed file; None where nothing has changed."""
    read_count: int
    """Rows that the server sent."""
    row_count: int
    """Rows of the landed file."""
    gone_count: int
    """Rows of the extract before that are not on the server any more, where keys were compared."""
    is_whole: bool
    """True if all rows were read, False if what changed."""
    notes: tuple[str, ...]
    """What the source's owner did to the table, and what follows; to be told loudly."""


OnLoss = Callable[[SourceUnavailableError, float], None]
"""Told of a lost connection, and after how many seconds it is tried again."""


def extract(
    extract: Extract, paths: Paths, lake: Lake, on_loss: OnLoss, whole: bool = False
) -> list[Extraction]:
    """Land what a source has, as of one moment over all of its tables. The caller holds the lock.

    Args:
        extract: what to read from where.
        paths: the deployment.
        lake: gives the folder for what is half-done, which only its owner can read.
        on_loss: told of each loss of the connection that is followed by another attempt.
        whole: True to read all rows, whatever was read before.

    Raises:
        ExtractError: if the source refuses, or lacks what the contract needs; nothing has landed.
        SourceUnavailableError: if it does not answer after all attempts; nothing has landed.
    """
    remove_unfinished(paths.landing)
    state = {} if whole else read_state(state_path(paths.home, extract))
    with lake.workspace() as folder:
        moment, reads = _read_patiently(extract, paths.landing, state, folder, on_loss)
        with local_engine(folder) as connection:
            done = [
                _land(connection, extract, paths.landing, read, moment, folder) for read in reads
            ]
    write_state(
        state_path(paths.home, extract),
        {
            state_name(read.table): read.state(one.path, paths.landing, state)
            for read, one in zip(reads, done, strict=True)
        },
    )
    return done


def remove_unfinished(landing: Path) -> None:
    """Remove what killed extractions left half-written. Call it under the lock only."""
    if isinstance(landing, ObjectPath):
        return  # what was not uploaded to its end is no object
    for path in landing.glob(f"*/*/.*{UNFINISHED}"):
        path.unlink()


def _read_patiently(
    extract: Extract,
    landing: Path,
    state: dict[str, TableState],
    folder: Path,
    on_loss: OnLoss,
) -> tuple[dt.datetime, list[TableRead]]:
    """Read all tables in one transaction; where the connection is lost, all of them again."""
    wait = float(extract.wait_seconds)
    for attempt in range(1, extract.attempts + 1):
        work = folder / f"attempt_{attempt}"
        work.mkdir()
        try:
            with snapshot_of(extract, work) as snapshot:
                moment = _moment(snapshot)
                reads = []
                for number, table in enumerate(extract.tables):
                    snapshot.subject = table.name
                    place = work / str(number)
                    place.mkdir()
                    before = state.get(state_name(table))
                    reads.append(TableReader(snapshot, table, before, landing, place).read(moment))
            return moment, reads
        except SourceUnavailableError as error:
            if attempt == extract.attempts:
                raise
            LOG.info("lost the connection of extract %s", extract.name)
            shutil.rmtree(work)
            on_loss(error, wait)
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
    raise AssertionError("there is at least one attempt")


def _moment(snapshot: Snapshot) -> dt.datetime:
    """When the snapshot was taken, by the server's clock, in UTC without a zone."""
    [(micros,)] = snapshot.rows("select (extract(epoch from now()) * 1000000)::bigint as micros")
    return EPOCH + dt.timedelta(microseconds=int(str(micros)))


def _land(
    connection: duckdb.DuckDBPyConnection,
    extract: Extract,
    landing: Path,
    read: TableRead,
    moment: dt.datetime,
    work: Path,
) -> Extraction:
    """Write the landed file of a table under a name that nobody reads, then rename it."""
    (row_count,) = one_row(connection, f"select count(*) from {read.rows}")
    target = read.table.target
    path = None
    if row_count or target.load is Load.SNAPSHOT:
        folder = landing / target.source / target.name
        folder.mkdir(parents=True, exist_ok=True)
        place = work if isinstance(folder, ObjectPath) else folder
        part = place / f".{extract.name}{UNFINISHED}"
        write_parquet(connection, _typed(connection, read), part)
        path = _placed(extract, target.load, part, folder, moment)
    LOG.info("extracted %s", read.table.name)
    return Extraction(
        read.table,
        path,
        read.read_count,
        int(row_count),
        read.gone_count,
        read.is_whole,
        read.notes,
    )


def _typed(connection: duckdb.DuckDBPyConnection, read: TableRead) -> str:
    """The rows in their landed types, in the order of their key.

    Raises:
        ExtractError: if there is something else than a list where the contract has one: read as a
            text it would be taken for an element.
    """
    misfits = _misfits(connection, read)
    for column in read.taken:
        if column.landed_type == LISTS and column.name in misfits:
            raise ExtractError(
                f"{read.table.name}.{column.source.name}: {misfits[column.name]:,} values are no "
                f"lists, but {column.name} is one. Correct them, or leave the column out."
            )
    values = ", ".join(
        column.name if column.name in misfits else f"{column.value} as {column.name}"
        for column in read.taken
    )
    names = [column.name for column in read.taken]
    key = [name for name in read.table.target.key if name in names]
    order = [*key, *(name for name in names if name not in key)]
    return f"select {values} from {read.rows} order by {', '.join(order)}"


def _misfits(connection: duckdb.DuckDBPyConnection, read: TableRead) -> dict[str, int]:
    """Columns with values that their type can't hold, and how many."""
    counts = ", ".join(
        f"count(*) filter ({column.name} is not null and {column.value} is null)"
        for column in read.taken
    )
    found = one_row(connection, f"select {counts} from {read.rows}")
    pairs: Sequence[tuple[TakenColumn, int]] = list(zip(read.taken, found, strict=True))
    return {column.name: int(count) for column, count in pairs if count}


def _placed(extract: Extract, load: Load, part: Path, folder: Path, moment: dt.datetime) -> Path:
    """Rename what was written; the same content again keeps the name that it has."""
    digest = sha256_of(part)[:HASH_LENGTH]
    since = f"{moment:%Y-%m-%d}T" if load is Load.SNAPSHOT else ""
    for path in sorted(folder.glob(f"{extract.name}_{since}*_{digest}.parquet")):
        part.unlink()
        return path
    path = folder / f"{extract.name}_{moment:%Y-%m-%dT%H%M%SZ}_{digest}.parquet"
    publish_file(part, path)
    return path
