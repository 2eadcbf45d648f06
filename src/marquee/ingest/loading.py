"""Landing to lake: type each file's rows, keep the bad ones apart, account for all of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import duckdb
import pyarrow as pa

from marquee.contract import Column, ListColumn, Load, Table
from marquee.engine import connect, one_row, quoted
from marquee.ingest.derivation import Sources, derived_columns
from marquee.ingest.hash_key import find_hash_key
from marquee.ingest.lake import (
    FILE_KEY,
    MANIFEST,
    NO_MONTH,
    PROFILES,
    QUARANTINE,
    QUARANTINED_TEXTS,
    Lake,
    publish_file,
)
from marquee.ingest.landing import FileRejectedError, LandedFile, landed_files, utc_now
from marquee.ingest.places import NoPlaces, Places
from marquee.ingest.profiles import Profiled, profile_query
from marquee.ingest.reading import FAULTY, GOOD, ROW_NUMBER, read_file

VALUE = "_value"
VALUE_COUNT = "_value_count"
MAXIMUM_DRIFT = 200
"""Unknown columns that the manifest names; objects whose keys are data could bring any number."""

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


@dataclass
class IngestReport:
    """What one run of ingestion did."""

    loaded: list[LoadedFile] = field(default_factory=list)
    known: list[LandedFile] = field(default_factory=list)
    """Files whose content is in the lake already, under this or another name."""
    rejected: list[FileRejectedError] = field(default_factory=list)


OnFile = Callable[[LoadedFile | FileRejectedError], None]
"""Told of each file as it is done."""


def ingest(
    landing: Path,
    lake: Lake,
    on_file: OnFile,
    places: Places | None = None,
    now: dt.datetime | None = None,
) -> IngestReport:
    """Load every landed file that is not in the lake yet. The caller holds the lock.

    Args:
        landing: the root of the landed files.
        lake: an initialised lake.
        on_file: told of each file as it is done.
        places: where addresses are; None if nobody knows.
        now: the present, in UTC without a zone, after which nothing can have been received; the
            machine's clock if not given.

    Raises:
        HashKeyError: if something has to be hashed, but not with the key that there is.
        PlacesError: if an address is to be looked up, and the table of places can't be used.
    """
    report = IngestReport()
    now = now or utc_now()
    lake.clear_workspaces()
    with connect() as connection:
        # What does not fit into memory is as confidential as what landed.
        connection.execute(f"set temp_directory = {quoted(str(lake.work / 'spill'))}")
        known = lake.known_file_keys(connection)
        load_id, _ = lake.extent(connection)
        for extract in _extracts(landed_files(landing, lake.contract, now.date())):
            prepared: list[tuple[LoadedFile, _FileLoad]] = []
            rejected: list[FileRejectedError] = []
            for item in extract:
                try:
                    if isinstance(item, FileRejectedError):
                        raise item
                    content_sha256 = item.content_sha256()
                    if item.file_key(content_sha256) in known:
                        report.known.append(item)
                        continue
                    with lake.workspace() as folder:
                        load = _FileLoad(
                            connection,
                            lake,
                            item,
                            content_sha256,
                            load_id + len(prepared) + 1,
                            folder,
                            places or NoPlaces(),
                            now,
                        )
                        prepared.append((load.prepare(), load))
                        known.add(load.file_key)
                except FileRejectedError as error:
                    rejected.append(error)
            if rejected and prepared:
                for loaded, load in prepared:
                    load.withdraw()
                    known.remove(load.file_key)
                    rejected.append(_held_back(loaded.file, rejected[0]))
                prepared = []
            for loaded, load in prepared:
                load.commit()
                load_id = loaded.load_id
                report.loaded.append(loaded)
                on_file(loaded)
            for rejection in rejected:
                report.rejected.append(rejection)
                on_file(rejection)
    return report


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


class _FileLoad:
    """The steps of one file, in order: prepare (read and place), then commit or withdraw."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        lake: Lake,
        file: LandedFile,
        content_sha256: str,
        load_id: int,
        folder: Path,
        places: Places,
        now: dt.datetime,
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
        self.now = now

    def prepare(self) -> LoadedFile:
        """Read the file and place its rows where nobody sees them before the commit.

        Raises:
            FileRejectedError: if nothing of the file can be used.
        """
        try:
            self.columns = read_file(self.connection, self.file, self.folder, self.now)
        except (duckdb.Error, pa.ArrowException, UnicodeError, ValueError) as error:
            # Whatever else a file can do to a reader, it must not stop the files after it.
            raise FileRejectedError(
                self.file.name,
                f"it can't be read ({self.file.told(error)}). Nothing of it was loaded; write it "
                "anew.",
            ) from error
        return self._write()

    def commit(self) -> None:
        """Write the manifest row: from now on the file is in the lake."""
        with self.lake.workspace() as self.folder:
            self._publish(self.manifest_query, MANIFEST)

    def withdraw(self) -> None:
        """Remove what was placed."""
        texts = self.lake.contract.table(*QUARANTINED_TEXTS)
        children = [item.child for item in self.table.lists]
        vault = [self.table.vault] if self.table.vault else []
        for table in (self.table, *children, *vault, texts):
            self.lake.remove_leftovers(table, self.file_key)
        for ledger in (PROFILES, QUARANTINE):
            self.lake.ledger_path(ledger, self.file_key).unlink(missing_ok=True)

    # Writing: rows, child rows, identifiers, profiles, quarantine.

    def _write(self) -> LoadedFile:
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
        self.manifest_query = self._manifest_query(good, bad, first, last, month)
        return LoadedFile(
            self.file,
            self.load_id,
            good + bad,
            good,
            bad,
            self._unknown_columns(),
            self.columns.missing,
        )

    def _derive(self) -> None:
        """Make a table ``derived_from_<input>`` for each column that others are made from.

        It has one row a distinct value: the value, how many good rows have it, and what is made of
        it.
        """
        sources = Sources(lambda: find_hash_key(self.lake), self.places, self.file.extract_date)
        for name in self._inputs():
            counted = self.connection.execute(
                f"select {name} as {VALUE}, count(*) as {VALUE_COUNT} from {GOOD} group by 1"
            ).to_arrow_table()
            made = derived_columns(self._derived_from(name), counted[VALUE], sources)
            for column, values in made.items():
                counted = counted.append_column(column, values)
            self.connection.register(_derived(name), counted)

    def _derived_from(self, name: str) -> list[Column]:
        vault = self.table.vault
        every = (*self.table.derived_columns, *(vault.derived_columns if vault else ()))
        return [column for column in every if column.derived_from == name]

    def _inputs(self) -> list[str]:
        return [c.name for c in self.table.landed_columns if self._derived_from(c.name)]

    def _with_derived(self, table: Table) -> str:
        """The good rows, joined to what the columns of a table are derived from."""
        joins = [
            f"left join {_derived(name)} on {GOOD}.{name} = {_derived(name)}.{VALUE}"
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
            "column_names": _listed(self.columns.names),
            "unknown_columns": ", ".join(self._unknown_columns()) or None,
            "missing_columns": ", ".join(self.columns.missing) or None,
            "byte_count": self.file.path.stat().st_size,
            "landed_row_count": good + bad,
            "loaded_row_count": good,
            "quarantined_row_count": bad,
            "load_id": self.load_id,
            "extract_date": self.file.extract_date,
            "first_event_at": first,
            "last_event_at": last,
            "ingested_at": utc_now(),
            "ingested_by": f"marquee {version('marquee')}",
        }
        manifest = self.lake.contract.table(*MANIFEST)
        return "select " + ", ".join(
            f"{literal(values[column.name], column.duckdb_type)} as {column.name}"
            for column in manifest.columns
        )

    def _place(self, table: Table, month: str, query: str) -> None:
        self.lake.remove_leftovers(table, self.file_key)
        part = self.lake.write_part(self.connection, table, query, self.folder)
        publish_file(part, self.lake.file_path(table, month, self.file_key))

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
