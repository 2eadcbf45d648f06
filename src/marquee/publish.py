"""Warehouse to published files: candidate, audit, switch.

Readers find the same tables in two places. ``published/marquee.duckdb`` is one file at one path for
ever, replaced by one rename: open readers keep the old one, new readers get the new one.
``published/versions/<version>/<schema>/<table>.parquet`` never changes once it is there;
``published/CURRENT`` names the version to read, and whoever reads it once per query sees one
version only. Beside its tables a version holds its models as files, see `marquee.export`.

In an object store the same: the version's objects first, then the pointer, then the DuckDB file,
each of the two by one request. Readers that have the old file open are told that it changed.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from marquee.builds import Build, PublishRefusedError, approved_build
from marquee.catalogue import lineage
from marquee.engine import connect, one_row, opened, quoted
from marquee.ingest.lake import Lake, publish_file, synchronise, write_parquet
from marquee.log import LOG
from marquee.objectstore import ObjectPath
from marquee.paths import Paths
from marquee.registry import register_models

DATABASE = "marquee.duckdb"
POINTER = "CURRENT"
VERSIONS = "versions"
MODELS = "models"
"""Folder of a version with its models; no schema has this name."""
KEPT_VERSIONS = 3
KEPT_SECONDS = 3600
"""Versions younger than this stay, however many: somebody may be reading them."""
PUBLICATION = "catalog.publication"
PUBLICATION_COLUMNS: dict[str | None, str] = {
    "version": "Name of the version, and of its folder.",
    "invocation_id": "The dbt command that built it, a key of catalog.runs.",
    "load_id": "Newest file of the lake that is in it, as in catalog.file_manifest.",
    "published_at": "When it was published, UTC.",
}


@dataclass(frozen=True)
class Publication:
    """One published version."""

    version: str
    build: Build
    row_counts: dict[str, int]


def publish(paths: Paths, lake: Lake) -> Publication | None:
    """Publish the newest build, and register its models. The caller holds the lock.

    Returns:
        What was published, or None if the newest build is published already.

    Raises:
        PublishRefusedError: if the newest build is not whole, green and of the present lake, or
            if the candidate fails its audit. What readers see stays as it was.
    """
    # Formats of models take a third of a second to import, and most commands don't publish.
    from marquee.export import export_models

    with connect() as connection:
        _attach_warehouse(connection, paths.warehouse)
        build = approved_build(lambda sql: _rows(connection, sql), "warehouse", lake)
        if _published_invocation(paths.published) == build.invocation_id:
            return None
        candidate = prepare(connection, paths.published, build, paths.work)
        LOG.info("prepared %s", candidate.version)
        export_models(connection, "warehouse", candidate.folder / MODELS)
        LOG.info("exported the models of %s", candidate.version)
        # Before the switch: whoever reads a prediction can find its model in the registry.
        register_models(connection, "warehouse", lake)
        switch(paths.published, candidate)
    return Publication(candidate.version, build, candidate.row_counts)


@dataclass(frozen=True)
class Candidate:
    """A complete, audited version that nobody reads yet."""

    version: str
    folder: Path
    row_counts: dict[str, int]


def prepare(
    connection: duckdb.DuckDBPyConnection, published: Path, build: Build, work: Path
) -> Candidate:
    """Copy the build's public relations of the attached ``warehouse``, and audit the copy.

    Args:
        connection: an engine.
        published: what people read.
        build: what to copy.
        work: where a candidate is made for an object store; others are made in their place.

    Raises:
        PublishRefusedError: if the candidate fails its audit.
    """
    versions = place = published / VERSIONS
    if isinstance(published, ObjectPath):
        _remove_unfinished(published)
        place = work / "published"
    place.mkdir(parents=True, exist_ok=True, mode=0o700 if place != versions else 0o777)
    for leftover in place.glob(".candidate-*"):
        shutil.rmtree(leftover)
    version = _next_version(versions)
    folder = Path(tempfile.mkdtemp(prefix=".candidate-", dir=place))
    folder.chmod(0o755)
    database = folder / DATABASE
    filled = _write_candidate(connection, folder, database, version, build)
    return Candidate(version, folder, _audit(connection, folder, database, build, filled))


def switch(published: Path, candidate: Candidate) -> None:
    """Let readers see the candidate, and remove versions that nobody needs any more."""
    versions = published / VERSIONS
    if isinstance(published, ObjectPath):
        _switch_in_store(published, candidate)
        _remove_old(versions)
        return
    for path in candidate.folder.rglob("*"):
        if path.is_file():
            # A reader that opens the file without read-only would lock all others out.
            path.chmod(path.stat().st_mode & ~0o222)
        synchronise(path)
    folder = candidate.folder.rename(versions / candidate.version)
    synchronise(versions)
    pointer = published / f".{POINTER}"
    pointer.write_text(f"{VERSIONS}/{candidate.version}\n", encoding="utf-8")
    publish_file(pointer, published / POINTER)
    # The stable path is a second name of the version's own file: no copy, and a way back.
    link = published / f".{DATABASE}"
    link.unlink(missing_ok=True)
    link.hardlink_to(folder / DATABASE)
    publish_file(link, published / DATABASE)
    _remove_old(versions)


def _switch_in_store(published: ObjectPath, candidate: Candidate) -> None:
    folder = published / VERSIONS / candidate.version
    for path in sorted(candidate.folder.rglob("*")):
        if path.is_file():
            (folder / path.relative_to(candidate.folder).as_posix()).upload(path)
    LOG.info("placing %s", published / POINTER)
    (published / POINTER).write_bytes(f"{VERSIONS}/{candidate.version}\n".encode())
    LOG.info("placing %s", published / DATABASE)
    (published / DATABASE).copy_from(folder / DATABASE)
    LOG.info("placed %s", published / DATABASE)
    shutil.rmtree(candidate.folder)


def _remove_unfinished(published: ObjectPath) -> None:
    """Remove what killed publications left in the store: versions that nobody was led to."""
    current = current_version(published)
    if current:
        for version in (published / VERSIONS).glob("v[0-9]*"):
            if version.name > current.name:
                version.remove_tree()


def current_version(published: Path) -> Path | None:
    """Folder of the version to read; None before the first publication."""
    pointer = published / POINTER
    if not pointer.is_file():
        return None
    return published / pointer.read_text(encoding="utf-8").strip()


def _attach_warehouse(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    if not warehouse.is_file():
        raise PublishRefusedError(f"There is no warehouse {warehouse}. Build it: dbt build")
    try:
        connection.execute(f"attach {quoted(str(warehouse))} as warehouse (read_only)")
    except duckdb.IOException as error:
        raise PublishRefusedError(
            f"The warehouse is in use ({error}). Wait for the build to end, or close the program "
            "that has it open; people should read the published copy."
        ) from error


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(sql).fetchall()
    except duckdb.CatalogException:
        return []  # no build has made the table yet


def _published_invocation(published: Path) -> str | None:
    version = current_version(published)
    database = published / DATABASE
    if version is None or not version.is_dir() or not database.is_file():
        return None
    with opened(database) as connection:
        row = connection.execute(f"select version, invocation_id from {PUBLICATION}").fetchone()
    # A kill between the two switches leaves the pointer ahead of the database file.
    return str(row[1]) if row and row[0] == version.name else None


def _write_candidate(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    database: Path,
    version: str,
    build: Build,
) -> dict[str, int]:
    """Write all tables; returns the rows of those that are filled here, not copied."""
    connection.execute(f"attach {quoted(str(database))} as candidate")
    for relation in build.relations:
        schema, _, table = relation.partition(".")
        connection.execute(f"create schema if not exists candidate.{schema}")
        connection.execute(
            f"create table candidate.{relation} as select * from warehouse.{relation}"
        )
        _copy_comments(connection, schema, table)
    filled = {}
    if lineage.RELATION in build.relations:
        filled[lineage.RELATION] = _fill_lineage(connection)
    connection.execute("create schema if not exists candidate.catalog")
    connection.execute(
        f"""
        create table candidate.{PUBLICATION} as
        select {quoted(version)} as version, {quoted(build.invocation_id)} as invocation_id,
            {build.load_id}::bigint as load_id,
            {quoted(str(dt.datetime.now(dt.UTC).replace(tzinfo=None)))}::timestamp as published_at
        """
    )
    connection.execute(
        f"comment on table candidate.{PUBLICATION} is 'The version that is being read. One row.'"
    )
    for column, comment in PUBLICATION_COLUMNS.items():
        connection.execute(
            f"comment on column candidate.{PUBLICATION}.{column} is {quoted(comment)}"
        )
    connection.execute("checkpoint candidate")
    for relation in (*build.relations, PUBLICATION):
        target = folder / f"{relation.replace('.', '/')}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(connection, f"select * from candidate.{relation}", target)
    connection.execute("detach candidate")
    return filled


def _fill_lineage(connection: duckdb.DuckDBPyConnection) -> int:
    edges = lineage.built_lineage(lambda sql: _rows(connection, sql), "warehouse", "duckdb")
    connection.register("edges", lineage.as_table(edges))
    connection.execute(f"insert into candidate.{lineage.RELATION} from edges")
    connection.unregister("edges")
    return len(edges)


def _copy_comments(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
    where = f"database_name = 'warehouse' and schema_name = {quoted(schema)}"
    described = connection.execute(
        f"select comment from duckdb_tables() where {where} and table_name = {quoted(table)} "
        f"union all "
        f"select comment from duckdb_views() where {where} and view_name = {quoted(table)}"
    ).fetchone()
    if described and described[0]:
        connection.execute(f"comment on table candidate.{schema}.{table} is {quoted(described[0])}")
    columns = connection.execute(
        f"select column_name, comment from duckdb_columns() where {where} "
        f"and table_name = {quoted(table)} and comment is not null"
    ).fetchall()
    for column, comment in columns:
        connection.execute(
            f'comment on column candidate.{schema}.{table}."{column}" is {quoted(comment)}'
        )


def _audit(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    database: Path,
    build: Build,
    filled: Mapping[str, int],
) -> dict[str, int]:
    """Read the candidate as a reader would and hold it against the warehouse."""
    row_counts = {}
    connection.execute(f"attach {quoted(str(database))} as candidate (read_only)")
    try:
        for relation in build.relations:
            parquet = folder / f"{relation.replace('.', '/')}.parquet"
            found = {
                place: _shape(connection, name)
                for place, name in (
                    ("warehouse", f"warehouse.{relation}"),
                    ("database", f"candidate.{relation}"),
                    ("Parquet", f"read_parquet({quoted(str(parquet))})"),
                )
            }
            if relation in filled:
                found["warehouse"] = filled[relation], found["warehouse"][1]
            if len(set(found.values())) != 1:
                shutil.rmtree(folder)
                raise PublishRefusedError(
                    f"The copy of {relation} differs from the warehouse in rows or columns: "
                    f"{found}. Nothing was switched; publish again."
                )
            row_counts[relation] = found["warehouse"][0]
    finally:
        connection.execute("detach candidate")
    return row_counts


def _shape(
    connection: duckdb.DuckDBPyConnection, relation: str
) -> tuple[int, tuple[tuple[str, str], ...]]:
    columns = connection.execute(f"describe select * from {relation}").fetchall()
    (count,) = one_row(connection, f"select count(*) from {relation}")
    return count, tuple((column[0], column[1]) for column in columns)


def _next_version(versions: Path) -> str:
    numbers = [int(path.name[1:]) for path in versions.glob("v[0-9]*")]
    return f"v{max(numbers, default=0) + 1:06d}"


def _remove_old(versions: Path) -> None:
    for old in sorted(versions.glob("v[0-9]*"))[:-KEPT_VERSIONS]:
        if _changed_at(old) < time.time() - KEPT_SECONDS:
            remove_version(old)


def _changed_at(version: Path) -> float:
    if isinstance(version, ObjectPath):
        return max(entry.modified.timestamp() for entry in version.entries())
    return version.stat().st_mtime


def remove_version(version: Path) -> None:
    """Remove a version with everything in it."""
    if isinstance(version, ObjectPath):
        version.remove_tree()
    else:
        shutil.rmtree(version)
