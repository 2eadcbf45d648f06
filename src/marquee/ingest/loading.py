"""Landing to lake: type each file's rows, keep the bad ones apart, account for all of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import chain, takewhile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from marquee.contract import PLACE_DERIVATIONS, Column, ListColumn, Load, Table
from marquee.engine import connect, limit_memory, one_row, quoted
from marquee.ingest.deliveries import Deliveries
from marquee.ingest.derivation import Sources, derived_columns
from marquee.ingest.forgotten import FILE, ForgottenCustomers
from marquee.ingest.hash_key import find_hash_key
from marquee.ingest.lake import (
    FILE_KEY,
    MANIFEST,
    NO_MONTH,
    PROFILES,
    QUARANTINE,
    QUARANTINED_TEXTS,
    REPLAYS,
    Lake,
    publish_file,
)
from marquee.ingest.landed_objects import LandedObjects
from marquee.ingest.landing import FileRejectedError, LandedFile, landed_files, utc_now
from marquee.ingest.places import NO_HISTORY, PlaceHistory, Places
from marquee.ingest.profiles import Profiled, profile_query
from marquee.ingest.reading import FAULTY, GOOD, ROW_NUMBER, read_file
from marquee.ingest.repaired import (
    SETTLED,
    is_repaired,
    repaired_files,
    settle,
    settled_count,
)
from marquee.ingest.rewriting import replace_landed, rewrite_without
from marquee.objectstore import ObjectPath
from marquee.store import StoreError, raise_if_store_failed

VALUE = "_value"
VALUE_COUNT = "_value_count"
VERSION = "_place_version"
"""Which table of places holds on the day of a row."""
MAXIMUM_DRIFT = 200
"""Unknown columns that the manifest names; objects whose keys are data could bring any number."""

INGESTED_BY = f"marquee {version('marquee')}"
SMALL_BYTES = 1 << 20
"""Handing the rows of a smaller file to several threads costs more than reading them in one."""

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class LoadedFile:
    """What became of one landed file."""

    file: LandedFile
    load_id: int
    landed_row_count: int
    loaded_row_count: int
    quarantined_row_count: int
    unknown_columns: tuple[str, ...]
    """Columns of the file that the contract doesn't know; their values stay out of the lake."""
    missing_columns: tuple[str, ...]
    """Optional columns that the file lacks; their values are NULL."""
    renamed_columns: tuple[str, ...] = ()
    """Former names that the file has, which the contract declares."""
    lost_columns: tuple[str, ...] = ()
    """Of the missing ones those that files of the table have had before."""


@dataclass
class IngestReport:
    """What one run of ingestion did."""

    loaded: list[LoadedFile] = field(default_factory=list)
    known: list[LandedFile] = field(default_factory=list)
    """Files whose content is in the lake already, under this or another name."""
    rejected: list[FileRejectedError] = field(default_factory=list)
    forgotten: dict[str, int] = field(default_factory=dict)
    """Landed files that were written anew, and how many records of forgotten customers they had."""


OnFile = Callable[[LoadedFile | FileRejectedError], None]
"""Told of each file as it is done."""


def ingest(
    landing: Path,
    lake: Lake,
    on_file: OnFile,
    places: PlaceHistory | None = None,
    now: dt.datetime | None = None,
    only: Collection[Path] | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
    objects: LandedObjects | None = None,
) -> IngestReport:
    """Load every landed file that is not in the lake yet. The caller holds the lock.

    Args:
        landing: the root of the landed files.
        lake: an initialised lake.
        on_file: told of each file as it is done.
        places: where addresses are; None if nobody knows.
        now: the present, in UTC without a zone, after which nothing can have been received; the
            machine's clock if not given.
        only: look at no other landed files than these; at all if not given.
        is_stopped: asked before each file, or each extract of several files; True to leave those
            that are left to the next time.
        objects: what is known of landed objects; nothing if not given.

    Raises:
        HashKeyError: if something has to be hashed, but not with the key that there is.
        PlacesError: if an address is to be looked up, and the table of places can't be used.
        StoreError: if a disk is full or a folder gone; what was committed before stays.
    """
    now = now or utc_now()
    if isinstance(landing, ObjectPath):
        # No object below it is nothing unusual: a bucket may remove what is old.
        landing.check()
    elif not landing.is_dir() and lake.has_files():
        raise StoreError(
            f"The folder {landing} is gone, though files of it are in the lake. Mount or restore "
            "it; if nothing is to be kept in it, make it again: marquee init"
        )
    objects = objects or LandedObjects()
    run = _Run(lake, on_file, places or NO_HISTORY, now, objects)
    groups: Iterable[Sequence[LandedFile | FileRejectedError]] = chain(
        _extracts(landed_files(landing, lake.contract, now.date(), only)),
        # Behind the files whose rows they repair; each sees what those before have settled.
        ([file] for file in repaired_files(landing, lake.contract)),
    )
    run.take(takewhile(lambda _: not is_stopped(), groups))
    if only is None and not is_stopped():
        objects.forget_unseen()
    return run.report


def ingest_repaired(
    landing: Path,
    lake: Lake,
    on_file: OnFile,
    places: PlaceHistory | None = None,
    now: dt.datetime | None = None,
) -> IngestReport:
    """Load the repaired files that are not in the lake yet, and no others; see :func:`ingest`."""
    run = _Run(lake, on_file, places or NO_HISTORY, now or utc_now(), LandedObjects())
    run.take([file] for file in repaired_files(landing, lake.contract))
    return run.report


class _Run:
    """One run of ingestion over groups of files that count together."""

    def __init__(
        self,
        lake: Lake,
        on_file: OnFile,
        places: PlaceHistory,
        now: dt.datetime,
        objects: LandedObjects,
    ) -> None:
        self.lake = lake
        self.objects = objects
        self.on_file = on_file
        self.places = places
        self.now = now
        self.report = IngestReport()

    def take(self, groups: Iterable[Sequence[LandedFile | FileRejectedError]]) -> None:
        """Load the files of each group, or none of a group of which one is rejected."""
        self.lake.clear_workspaces()
        with connect() as connection:
            limit_memory(connection, self.lake.spill)
            self.known = self.lake.known_contents(connection)
            self.forgotten = ForgottenCustomers(self.lake)
            self.load_id, _ = self.lake.extent(connection)
            self.is_on_one_thread = False
            self.deliveries = Deliveries(connection, self.lake)
            try:
                for group in groups:
                    self._take_group(connection, group)
            finally:
                self.objects.save()

    def _take_group(
        self,
        connection: duckdb.DuckDBPyConnection,
        group: Sequence[LandedFile | FileRejectedError],
    ) -> None:
        prepared: list[tuple[LoadedFile, _FileLoad]] = []
        rejected: list[FileRejectedError] = []
        for item in group:
            try:
                if isinstance(item, FileRejectedError):
                    raise item
                load_id = self.load_id + len(prepared) + 1
                prepared += self._prepared(connection, item, load_id)
            except FileRejectedError as error:
                rejected.append(error)
        if rejected and prepared:
            for loaded, load in prepared:
                load.withdraw()
                del self.known.present[load.file_key]
                rejected.append(_held_back(loaded.file, rejected[0]))
            prepared = []
        for loaded, load in prepared:
            load.commit()
            self.load_id = loaded.load_id
            if not is_repaired(loaded.file):
                self.deliveries.add(loaded.file.table, load.file_key, loaded.loaded_row_count)
            self.report.loaded.append(loaded)
            self.on_file(loaded)
        for rejection in rejected:
            self.report.rejected.append(rejection)
            self.on_file(rejection)

    def _prepared(
        self, connection: duckdb.DuckDBPyConnection, file: LandedFile, load_id: int
    ) -> Iterator[tuple[LoadedFile, _FileLoad]]:
        """The file with its rows placed, unless the lake has it already."""
        is_object = isinstance(file.path, ObjectPath)
        remembered = self.objects.content_sha256(file.path)
        if not is_object or remembered:
            content_sha256 = remembered or file.content_sha256()
            if file.file_key(content_sha256) in self.known.present:
                self.report.known.append(file)
                return
        with self.lake.workspace() as folder:
            on_disk = file.on_disk(folder)
            if on_disk.origin:
                content_sha256 = on_disk.content_sha256()
                self.objects.remember(on_disk.origin, on_disk.etag, content_sha256)
                if file.file_key(content_sha256) in self.known.present:
                    self.report.known.append(file)
                    return
            load = _FileLoad(
                connection,
                self.lake,
                on_disk,
                content_sha256,
                load_id,
                folder,
                self.places,
                self.forgotten,
                self.now,
                self.deliveries,
            )
            self._choose_threads(connection, file)
            load.read()
            taken = load.take_out_forgotten()
            is_taken_back = load.file_key in self.known.taken_back
            if not taken:
                if is_taken_back:
                    raise _taken_back(file)
                yield replace(load.place(), file=file), load
                self.known.present[load.file_key] = load.file_key
                return
        self.report.forgotten[file.name] = taken
        rest = file.content_sha256()
        if is_taken_back and file.file_key(rest) not in self.known.present:
            # It was in no landed file when its rows were taken from the lake, which has the rest.
            self.lake.recognise(connection, load.file_key, rest)
            self.known.present[file.file_key(rest)] = load.file_key
        yield from self._prepared(connection, file, load_id)

    def _choose_threads(self, connection: duckdb.DuckDBPyConnection, file: LandedFile) -> None:
        is_small = file.path.stat().st_size < SMALL_BYTES
        # Even setting what is set already takes its time, ten thousand times.
        if is_small != self.is_on_one_thread:
            connection.execute("set threads = 1" if is_small else "reset threads")
            self.is_on_one_thread = is_small


def _extracts(
    items: Iterable[LandedFile | FileRejectedError],
) -> Iterator[list[LandedFile | FileRejectedError]]:
    """Files that count together or not at all: those of one table's extract of one day.

    Without one of them whoever stands there would look as if gone. Any other file is alone.
    """
    together: dict[object, list[LandedFile | FileRejectedError]] = {}
    for number, item in enumerate(items):
        key: object = number
        if isinstance(item, LandedFile) and item.extract_date:
            key = (item.table.full_name, item.extract_date)
        together.setdefault(key, []).append(item)
    yield from together.values()


def _held_back(file: LandedFile, cause: FileRejectedError) -> FileRejectedError:
    return FileRejectedError(
        file.name,
        f"it is sound, but waits for the others of the extract of {file.extract_date}, of which "
        f"{cause.file_name} was rejected. Repair that file, or remove it if this one is all.",
    )


def _taken_back(file: LandedFile) -> FileRejectedError:
    return FileRejectedError(
        file.name,
        "customers in it were forgotten, but the list of them is gone, so it can't be told whose "
        f"records to leave out. Remove it, or restore {FILE} of the vault.",
    )


class _FileLoad:
    """The steps of one file, in order: read, place, then commit or withdraw."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        lake: Lake,
        file: LandedFile,
        content_sha256: str,
        load_id: int,
        folder: Path,
        places: PlaceHistory,
        forgotten: ForgottenCustomers,
        now: dt.datetime,
        deliveries: Deliveries,
    ) -> None:
        self.connection = connection
        self.lake = lake
        self.file = file
        self.table = file.table
        self.content_sha256 = content_sha256
        self.file_key = file.file_key(content_sha256)
        self.load_id = load_id
        self.folder = folder
        self.places = places
        self.forgotten = forgotten
        self.now = now
        self.deliveries = deliveries

    def read(self) -> None:
        """Read the file into the relations of `read_file`.

        Raises:
            FileRejectedError: if nothing of the file can be used.
        """
        try:
            self.columns = read_file(self.connection, self.file, self.folder, self.now)
        except (duckdb.Error, pa.ArrowException, UnicodeError, ValueError) as error:
            raise_if_store_failed(error)
            # Whatever else a file can do to a reader, it must not stop the files after it.
            raise FileRejectedError(
                self.file.name,
                f"it can't be read ({self.file.told(error)}). Nothing of it was loaded; write it "
                "anew.",
            ) from error

    def take_out_forgotten(self) -> int:
        """Write the landed file anew without records of forgotten customers; returns how many.

        Raises:
            FileRejectedError: if they can't be told apart.
        """
        rows = self.forgotten.rows_read(self.connection, self.table)
        if rows:
            rest = rewrite_without(self.connection, self.file, rows, self.folder / "rest")
            replace_landed(self.file, rest)
        return len(rows)

    def commit(self) -> None:
        """Write the manifest row: from now on the file is in the lake."""
        with self.lake.workspace() as self.folder:
            self._publish(self.manifest_query, MANIFEST)

    def withdraw(self) -> None:
        """Remove what was placed."""
        texts = self.lake.contract.table(*QUARANTINED_TEXTS)
        for table in (*self.lake.placed_together(self.table), texts):
            self.lake.remove_leftovers(table, self.file_key)
        for ledger in (PROFILES, QUARANTINE, REPLAYS):
            self.lake.ledger_path(ledger, self.file_key).unlink(missing_ok=True)

    # Writing: rows, child rows, identifiers, profiles, quarantine.

    def place(self) -> LoadedFile:
        """Place the rows where nobody sees them before the commit.

        Raises:
            FileRejectedError: if nothing of the file can be used.
        """
        if is_repaired(self.file):
            self.columns = settle(self.connection, self.lake, self.file, self.columns)
        good, bad, first, last = self._summary()
        month = self._month(last)
        self._derive()
        self._place(self.table, month, self._rows_query())
        for item in self.table.lists:
            self._place(item.child, month, self._child_query(item))
        if self.table.vault:
            self._place(self.table.vault, month, self._vault_query(self.table.vault))
        self._publish(self._profiles_query(), PROFILES)
        texts = self.lake.contract.table(*QUARANTINED_TEXTS)
        if bad:
            self._place(texts, month, self._texts_query())
            self._publish(self._quarantine_query(), QUARANTINE)
        else:
            # A killed run under another contract may have found faults.
            self.lake.remove_leftovers(texts, self.file_key)
            self.lake.ledger_path(QUARANTINE, self.file_key).unlink(missing_ok=True)
        if is_repaired(self.file):
            self._publish(self._replays_query(), REPLAYS)
        self.lost_columns = self.deliveries.lost(self.table, self.columns, good + bad)
        self.manifest_query = self._manifest_query(good, bad, first, last, month)
        return LoadedFile(
            self.file,
            self.load_id,
            good + bad,
            good,
            bad,
            self._unknown_columns(),
            self.columns.missing,
            self.columns.renamed,
            self.lost_columns,
        )

    def _derive(self) -> None:
        """Make a table ``derived_from_<input>`` for each column that others are made from.

        It has one row a distinct value (and table of places, if there are several): the value, how
        many good rows have it, and what is made of it.
        """
        for name in self._inputs():
            counted = self.connection.execute(
                f"select {name} as {VALUE}, {self._place_version(name)} as {VERSION}, "
                f"count(*) as {VALUE_COUNT} from {GOOD} group by 1, 2"
            ).to_arrow_table()
            parts = []
            for number, places in enumerate(self.places.tables):
                rows = counted.filter(pc.equal(counted[VERSION], number))
                # The first one also tells the types where there are no rows.
                if rows.num_rows or not number:
                    parts.append(self._with_made(name, rows, places))
            self.connection.register(_derived(name), pa.concat_tables(parts))

    def _with_made(self, name: str, counted: pa.Table, places: Places) -> pa.Table:
        """Distinct values with what is made of them, by one table of places."""
        sources = Sources(lambda: find_hash_key(self.lake), places, self.file.extract_date)
        made = derived_columns(self._derived_from(name), counted[VALUE], sources)
        for column, values in made.items():
            counted = counted.append_column(column, values)
        return counted

    def _place_version(self, name: str) -> str:
        """Which table of places holds for what is made of a column, in SQL over the good rows."""
        if not any(c.derivation in PLACE_DERIVATIONS for c in self._derived_from(name)):
            return "0"
        if self.file.extract_date:
            return self.places.version(f"date '{self.file.extract_date}'")
        return self.places.version(str(self.table.time_column))

    def _derived_from(self, name: str) -> list[Column]:
        vault = self.table.vault
        every = (*self.table.derived_columns, *(vault.derived_columns if vault else ()))
        return [column for column in every if column.derived_from == name]

    def _inputs(self) -> list[str]:
        return [c.name for c in self.table.landed_columns if self._derived_from(c.name)]

    def _with_derived(self, table: Table) -> str:
        """The good rows, joined to what the columns of a table are derived from."""
        joins = [
            f"left join {_derived(name)} on {GOOD}.{name} = {_derived(name)}.{VALUE} "
            f"and {self._place_version(name)} = {_derived(name)}.{VERSION}"
            for name in self._inputs()
            if any(column.derived_from == name for column in table.derived_columns)
        ]
        return " ".join([GOOD, *joins])

    def _summary(self) -> tuple[int, int, dt.datetime | None, dt.datetime | None]:
        time = self.table.time_column
        times = f"min({time}), max({time})" if time else "null, null"
        good, bad, first, last = one_row(
            self.connection,
            f"select count(*), (select count(*) from {FAULTY}), {times} from {GOOD}",
        )
        return good, bad, first, last

    def _month(self, last: dt.datetime | None) -> str:
        day = self.file.extract_date or last
        if isinstance(day, str):
            raise FileRejectedError(
                self.file.name, f"{day} is out of the range of dates. Correct the times."
            )
        return f"batch_month={day:%Y-%m}" if day else NO_MONTH

    def _rows_query(self) -> str:
        names = ", ".join(column.name for column in self.table.columns)
        order = ", ".join(
            [*([self.table.time_column] if self.table.time_column else []), ROW_NUMBER]
        )
        return (
            f"select {names}, {quoted(self.file_key)} as {FILE_KEY}, {ROW_NUMBER} "
            f"from {self._with_derived(self.table)} order by {order}"
        )

    def _vault_query(self, vault: Table) -> str:
        names = ", ".join(column.name for column in vault.columns)
        # Of events most may come without an identifier, and there are many.
        identifying = ", ".join(c.name for c in self._identifying(vault))
        is_sparse = self.table.load is Load.APPEND
        kept = f"where coalesce({identifying}) is not null" if is_sparse else ""
        return (
            f"select {names}, {quoted(self.file_key)} as {FILE_KEY}, {ROW_NUMBER} "
            f"from {self._with_derived(vault)} {kept} order by {ROW_NUMBER}"
        )

    def _identifying(self, vault: Table) -> list[Column]:
        return [c for c in vault.columns[len(self.table.key) :] if not c.derivation]

    def _child_query(self, item: ListColumn) -> str:
        names = ", ".join(column.name for column in item.child.columns)
        return (
            f"select {names}, {quoted(self.file_key)} as {FILE_KEY}, {ROW_NUMBER} "
            f"from {self._child_rows(item)} order by {ROW_NUMBER}, {item.position}"
        )

    def _child_rows(self, item: ListColumn) -> str:
        keys = ", ".join(self.table.key)
        fields = ", ".join(
            f"element.{field.name} as {field.name}"
            if item.has_objects
            else f"element as {field.name}"
            for field in item.fields
        )
        return (
            f"(select {keys}, cast(position as integer) as {item.position}, {fields}, {ROW_NUMBER} "
            f"from (select {keys}, {ROW_NUMBER}, unnest({item.name}) as element, "
            f"generate_subscripts({item.name}, 1) as position from {GOOD}))"
        )

    def _profiles_query(self) -> str:
        profiles = self.lake.contract.table(*PROFILES)
        values = {
            "file_key": quoted(self.file_key),
            "load_id": f"cast({self.load_id} as bigint)",
        }
        names = ", ".join(
            f"{values[c.name]} as {c.name}" if c.name in values else c.name
            for c in profiles.columns
        )
        return (
            f"select {names} from ({profile_query(self._profiled())}) "
            "order by source_name, table_name, column_name"
        )

    def _profiled(self) -> list[Profiled]:
        """What to measure: whatever is derived, and what from, over its distinct values."""
        inputs = self._inputs()
        known = self.columns.known
        parts = []
        for table in (self.table, *([self.table.vault] if self.table.vault else [])):
            own = self.table.columns if table is self.table else table.columns[len(table.key) :]
            plain = [c for c in own if not c.derivation and c.name not in inputs]
            parts.append(Profiled(table, plain, GOOD, known))
            for name in inputs:
                made = [c for c in own if c.derived_from == name]
                landed = frozenset(c.name for c in made) if name in known else frozenset()
                parts.append(Profiled(table, made, _derived(name), landed, VALUE_COUNT))
                given = [c for c in own if c.name == name]
                renamed = f"(select {VALUE} as {name}, {VALUE_COUNT} from {_derived(name)})"
                parts.append(Profiled(table, given, renamed, known, VALUE_COUNT))
        for item in self.table.lists:
            every = frozenset(column.name for column in item.child.columns)
            landed = every if item.name in known else frozenset()
            parts.append(Profiled(item.child, item.child.columns, self._child_rows(item), landed))
        return parts

    def _unknown_columns(self) -> tuple[str, ...]:
        """Names that the contract doesn't know, as they may be told.

        Where a table has a vault, a name with anything but letters and digits may be a value that
        came as a name. Commas become blanks, because the manifest lists names between commas.
        """
        told = dict.fromkeys(
            name.replace(",", " ")
            if not self.table.vault or PLAIN_NAME.fullmatch(name)
            else "(name withheld)"
            for name in self.columns.unknown
        )
        names, more = list(told)[:MAXIMUM_DRIFT], max(0, len(told) - MAXIMUM_DRIFT)
        return (*names, *([f"({more} more)"] if more else []))

    def _texts_query(self) -> str:
        return (
            f"select {quoted(self.file_key)} as file_key, row_number, raw_text "
            f"from {FAULTY} order by row_number"
        )

    def _quarantine_query(self) -> str:
        return f"""
            select {quoted(self.file_key)} as file_key, {quoted(self.table.source)} as source_name,
                {quoted(self.table.name)} as table_name, {quoted(self.file.name)} as file_name,
                row_number, line_number, reason,
                cast({self.load_id} as bigint) as load_id
            from {FAULTY} order by row_number
        """

    def _replays_query(self) -> str:
        return (
            f"select {quoted(self.file_key)} as file_key, row_number, origin_file_key, "
            f"origin_row_number, replay_outcome, cast({self.load_id} as bigint) as load_id "
            f"from {SETTLED} order by row_number"
        )

    def _manifest_query(
        self,
        good: int,
        bad: int,
        first: dt.datetime | None,
        last: dt.datetime | None,
        month: str,
    ) -> str:
        def literal(value: object, sql_type: str) -> str:
            text = "null" if value is None else quoted(str(value))
            return f"cast({text} as {sql_type})"

        values: dict[str, object] = {
            "file_key": self.file_key,
            "source_name": self.table.source,
            "table_name": self.table.name,
            "file_name": self.file.name,
            "file_format": str(self.file.format),
            "is_compressed": self.file.is_compressed,
            "content_sha256": self.content_sha256,
            "lake_path": self.lake.file_path(self.table, month, self.file_key)
            .relative_to(self.lake.root)
            .as_posix(),
            "generation_key": None,
            "column_names": _listed(self.columns.names),
            "unknown_columns": ", ".join(self._unknown_columns()) or None,
            "missing_columns": ", ".join(self.columns.missing) or None,
            "renamed_columns": ", ".join(self.columns.renamed) or None,
            "lost_columns": ", ".join(self.lost_columns) or None,
            "byte_count": self.file.path.stat().st_size,
            "landed_row_count": good + bad,
            "loaded_row_count": good,
            "quarantined_row_count": bad,
            "settled_row_count": settled_count(self.connection) if is_repaired(self.file) else 0,
            "load_id": self.load_id,
            "extract_date": self.file.extract_date,
            "first_event_at": first,
            "last_event_at": last,
            "ingested_at": utc_now(),
            "ingested_by": INGESTED_BY,
        }
        manifest = self.lake.contract.table(*MANIFEST)
        return "select " + ", ".join(
            f"{literal(values[column.name], column.duckdb_type)} as {column.name}"
            for column in manifest.columns
        )

    def _place(self, table: Table, month: str, query: str) -> None:
        self.lake.remove_leftovers(table, self.file_key)
        part = self.lake.write_part(self.connection, table, query, self.folder)
        target = self.lake.file_path(table, month, self.file_key)
        publish_file(part, target)
        self.lake.note_placed(table, self.file_key, target)

    def _publish(self, query: str, ledger: tuple[str, str]) -> None:
        table = self.lake.contract.table(*ledger)
        part = self.lake.write_part(self.connection, table, query, self.folder)
        publish_file(part, self.lake.ledger_path(ledger, self.file_key))


def _derived(name: str) -> str:
    return f"derived_from_{name}"


def _listed(names: tuple[str, ...] | None) -> str | None:
    """Names of columns as one text, from which tables over the landed files are made.

    A name that SQL could take for something else, or for another column, becomes its position:
    what stands in a file must not get into statements.
    """
    if names is None:
        return None
    shown: list[str] = []
    for position, name in enumerate(names, start=1):
        known = {earlier.lower() for earlier in shown}
        is_plain = PLAIN_NAME.fullmatch(name) and name.lower() not in known
        shown.append(name if is_plain else f"column_{position}")
    return ",".join(shown)
