"""What was done to forget somebody, and a search for what is left."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from marquee.engine import connect, one_row, parquet, quoted
from marquee.forgetting.landed import files_of_customers
from marquee.forgetting.models import Version
from marquee.forgetting.names import Customers
from marquee.ingest.forgotten import ForgottenCustomers
from marquee.ingest.lake import QUARANTINED_TEXTS, Lake
from marquee.ingest.landing import FileRejectedError, utc_now
from marquee.ingest.reading import read_file
from marquee.paths import Paths


@dataclass
class Forgetting:
    """What was done, and what was found afterwards; it names nobody."""

    customer_hashes: list[str]
    """As on the list in the vault: whoever has the key can hold an id against it."""
    row_counts: dict[str, int] = field(default_factory=dict)
    """Rows taken out, by table of the lake."""
    landed_files: list[str] = field(default_factory=list)
    """Landed files that were written anew."""
    model_versions: list[Version] = field(default_factory=list)
    """Versions that may have been trained with the customers."""
    retired_versions: list[Version] = field(default_factory=list)
    """Those whose parameters and artefacts are gone."""
    unreadable_files: list[str] = field(default_factory=list)
    """Landed files that can't be read, and so were searched for the letters of the ids only."""
    remaining: dict[str, int] = field(default_factory=dict)
    """Rows and files that still name one of the customers, by place; empty is the proof."""


def search_everywhere(paths: Paths, lake: Lake, customers: Customers, done: Forgetting) -> None:
    """Look for the customers wherever rows stand, and write down what is found.

    Landed files are read as ingestion reads them.
    """
    found = _Found(done.remaining)
    with connect() as connection:
        _search_landing(connection, paths, lake, customers, done, found)
        for table in lake.contract.all():
            texts = [column.name for column in table.columns if column.data_type == "varchar"]
            found.rows(connection, f"lake/{table.full_name}", lake.files(table), texts, customers)
        texts_of = lake.files(lake.contract.table(*QUARANTINED_TEXTS))
        rows = connection.execute(f"select raw_text from {texts_of}").fetchall()
        found.note("lake/quarantine", sum(customers.named_in(text) for (text,) in rows))
        for path in sorted(
            {*paths.home.rglob("*.duckdb"), *paths.published.rglob("*.duckdb")}, key=str
        ):
            _search_database(connection, path, _place(paths, path), customers, found)
        for path in sorted(paths.published.rglob("*.parquet")):
            described = connection.execute(f"describe select * from {parquet(path)}").fetchall()
            texts = [f'"{row[0]}"' for row in described if row[1] == "VARCHAR"]
            found.rows(connection, _place(paths, path), parquet(path), texts, customers)
    for variable, root in paths.roots_in_stores.items():
        found.note(
            f"{root}: old versions that the bucket keeps, which may name them; remove those "
            f"(docs/object-storage.md), then run this again ({variable})",
            root.older_version_count(),
        )


def _place(paths: Paths, path: Path) -> str:
    is_in_home = path.is_relative_to(paths.home)
    return path.relative_to(paths.home).as_posix() if is_in_home else str(path)


def write_proof(paths: Paths, done: Forgetting) -> Path:
    """Keep what was done and found beside the records of the runs."""
    folder = paths.runs / "forgotten"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}.json"
    path.write_text(json.dumps(asdict(done), indent=2) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True)
class _Found:
    places: dict[str, int]

    def note(self, place: str, count: int) -> None:
        if count:
            self.places[place] = self.places.get(place, 0) + count

    def rows(
        self,
        connection: duckdb.DuckDBPyConnection,
        place: str,
        relation: str,
        columns: Sequence[str],
        customers: Customers,
    ) -> None:
        if columns:
            query = f"select count(*) from {relation} where {customers.named_by(columns)}"
            self.note(place, one_row(connection, query)[0])


def _search_landing(
    connection: duckdb.DuckDBPyConnection,
    paths: Paths,
    lake: Lake,
    customers: Customers,
    done: Forgetting,
    found: _Found,
) -> None:
    forgotten = ForgottenCustomers(lake)
    for item in files_of_customers(paths, lake):
        if isinstance(item, FileRejectedError):
            path, name = paths.landing / item.file_name, item.file_name
        else:
            path, name = item.path, item.name
            try:
                with lake.workspace() as folder:
                    read_file(connection, item.on_disk(folder), folder, utc_now())
                    rows = forgotten.rows_read(connection, item.table)
                found.note(f"landing/{name}", len(rows))
                continue
            except (FileRejectedError, duckdb.Error, ValueError):
                pass
        done.unreadable_files.append(name)
        if path.is_file() and customers.named_in(path.read_bytes().decode(errors="replace")):
            found.note(f"landing/{name}", 1)


def _search_database(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    place: str,
    customers: Customers,
    found: _Found,
) -> None:
    connection.execute(f"attach {quoted(str(path))} as searched (read_only)")
    try:
        for table, texts in _text_columns(connection):
            relation = f"searched.{table}"
            found.rows(connection, f"{place}: {table}", relation, texts, customers)
    finally:
        connection.execute("detach searched")


def _text_columns(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, list[str]]]:
    rows = connection.execute(
        "select schema_name, table_name, list(column_name order by column_index) "
        "from duckdb_columns() inner join duckdb_tables() "
        "using (database_name, schema_name, table_name) "
        "where database_name = 'searched' and data_type = 'VARCHAR' group by all order by all"
    ).fetchall()
    for schema, table, columns in rows:
        yield f'"{schema}"."{table}"', [f'"{column}"' for column in columns]
