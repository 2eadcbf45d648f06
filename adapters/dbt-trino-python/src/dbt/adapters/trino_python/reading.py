"""`dbt.ref()` and `dbt.source()`: a Trino relation as a DuckDB relation, read in bulk."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from dbt.adapters.events.logging import AdapterLogger
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError
from pyiceberg.exceptions import NotInstalledError
from pyiceberg.manifest import FileFormat
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import FileScanTask, StaticTable
from pyiceberg.table.metadata import TableMetadata

from dbt.adapters.trino_python.input_types import (
    InputColumn,
    UnsupportedInputTypeError,
    input_column,
)
from dbt.adapters.trino_python.staging import StagedObjects
from dbt.adapters.trino_python.storage import IcebergFiles, Storage
from dbt.adapters.trino_python.trino_types import literal, quote

logger = AdapterLogger("TrinoPython")

_IDENTIFIER = re.compile(r'"((?:[^"]|"")+)"|([A-Za-z_][A-Za-z0-9_]*)')
# The Hive connector writes timestamps as INT96, which would be read in nanoseconds and overflow.
_PARQUET = ds.ParquetFileFormat(
    read_options=ds.ParquetReadOptions(coerce_int96_timestamp_unit="us")
)
_NO_FOLDER = "External table location does not exist"
_WRITES_DISABLED = "non-managed Hive table"
_METADATA_VERSION = re.compile(r".*/(\d+)-[^/]*\.metadata\.json")


class NotDirectlyReadableError(Exception):
    """A relation's data files cannot be read from here; it has to be unloaded."""


@dataclass(frozen=True)
class Rows:
    """Rows of a Trino statement.

    Attributes:
        values: One list for each row.
        columns: Name and Trino type of each column.
    """

    values: list[list[Any]]
    columns: list[tuple[str, str]]


class InputReader:
    """Reads relations for one run of one Python model."""

    def __init__(
        self,
        run: Callable[[str], Rows],
        session: duckdb.DuckDBPyConnection,
        staged: StagedObjects,
        *,
        read_directly: bool,
    ) -> None:
        """Remember the tools.

        Args:
            run: Runs one statement on dbt's own connection.
            session: The DuckDB connection given to the model.
            staged: Keeps the tables that unloading makes until the model has run.
            read_directly: Whether data files of Iceberg tables may be read without Trino.
        """
        self._run = run
        self._session = session
        self._staged = staged
        self._storage = staged.area.storage
        self._read_directly = read_directly

    def read(self, relation: str) -> duckdb.DuckDBPyRelation:
        """Return a relation as the model sees it.

        Args:
            relation: As SQL names it.

        Raises:
            DbtRuntimeError: If a column's type cannot be read, or Trino refuses the statement.
        """
        if relation.startswith("__dbt__cte__"):
            raise DbtRuntimeError(
                f"The ephemeral model {relation.removeprefix('__dbt__cte__')} has no table that a "
                "Python model could read. Materialise it as a view or a table."
            )
        described = self._run(f"select * from {relation} limit 0")
        try:
            columns = [input_column(name, kind) for name, kind in described.columns]
            if self._read_directly:
                try:
                    return self._read_iceberg(relation, columns)
                except NotDirectlyReadableError as reason:
                    logger.debug(f"{relation} is unloaded by Trino: {reason}")
            return self._unload(relation, columns)
        except UnsupportedInputTypeError as error:
            raise DbtRuntimeError(
                f"{relation} cannot be read by a Python model. {error}"
            ) from error

    def attach(self, relation: str) -> None:
        """Give the session a view with the relation's own name.

        Args:
            relation: As SQL names it; only a full name can be attached, others are left alone.

        Raises:
            DbtRuntimeError: As `read` does.
        """
        try:
            catalog, schema, identifier = identifier_parts(relation)
        except NotDirectlyReadableError:
            return
        registered = f"dbt_{identifier}_{uuid.uuid4().hex[:12]}"
        self._session.register(registered, self.read(relation))
        self._session.execute(f"attach if not exists ':memory:' as {quote(catalog)}")
        self._session.execute(f"create schema if not exists {quote(catalog)}.{quote(schema)}")
        self._session.execute(
            f"create view {quote(catalog)}.{quote(schema)}.{quote(identifier)} "
            f"as select * from temp.main.{quote(registered)}"
        )

    def _read_iceberg(self, relation: str, columns: list[InputColumn]) -> duckdb.DuckDBPyRelation:
        table = self._iceberg_table(relation)
        data = self._iceberg_data(table, columns)
        select = ", ".join(column.direct_expression for column in columns)
        return self._session.from_arrow(data).project(select)

    def _iceberg_table(self, relation: str) -> StaticTable:
        """Load the current metadata of an Iceberg table, found through Trino."""
        *schema, identifier = identifier_parts(relation)
        metadata_log = ".".join(
            quote(part) for part in (*schema, f"{identifier}$metadata_log_entries")
        )
        try:
            # Seconds since 1970: the order must not depend on the session's time zone.
            entries = self._run(f"select file, to_unixtime(timestamp) from {metadata_log}").values
        except DbtRuntimeError as error:
            raise NotDirectlyReadableError(f"it is no Iceberg table ({error})") from error
        if not entries:
            raise NotDirectlyReadableError("its metadata log is empty")
        files = [file for file, _ in sorted(entries, key=_age)]
        return load_current_table(files, self._storage)

    def _iceberg_data(
        self, table: StaticTable, columns: list[InputColumn]
    ) -> ds.Dataset | pa.Table:
        names = [field.name.lower() for field in table.schema().fields]
        if names != [column.name for column in columns]:
            raise NotDirectlyReadableError("its columns have changed since Trino described them")
        schema = pa.schema([(column.name, column.arrow_type) for column in columns])
        try:
            tasks = list(table.scan().plan_files())
            if not tasks:
                return schema.empty_table()
            if can_be_read_as_they_are(table.metadata, tasks):
                return self._parquet_dataset(table, tasks, schema)
            return table.scan().to_arrow().rename_columns(schema.names)
        except (
            OSError,
            ValueError,
            NotImplementedError,
            NotInstalledError,
            pa.ArrowException,
        ) as error:
            raise NotDirectlyReadableError(f"its data files: {error}") from error

    def _parquet_dataset(
        self, table: StaticTable, tasks: list[FileScanTask], schema: pa.Schema
    ) -> ds.Dataset:
        locations = [self._storage.resolve(task.file.file_path) for task in tasks]
        file_system = locations[0][0]
        if any(other != file_system for other, _ in locations):
            raise NotDirectlyReadableError("its data files are on several file systems")
        paths = [path for _, path in locations]
        # Looked at now, because once the model runs it is too late to unload instead.
        for info in file_system.get_file_info(paths):
            if not info.is_file:
                raise NotDirectlyReadableError(f"no access to {info.path}")
        _PARQUET.inspect(paths[0], file_system)
        return ds.FileSystemDataset.from_paths(
            paths,
            schema=pa.schema(
                [
                    kind.with_name(field.name)
                    for kind, field in zip(schema, table.schema().fields, strict=True)
                ]
            ),
            format=_PARQUET,
            filesystem=file_system,
        )

    def _unload(self, relation: str, columns: list[InputColumn]) -> duckdb.DuckDBPyRelation:
        names = [f"c{position}" for position in range(len(columns))]
        expressions = [
            column.unload_expression(name) for column, name in zip(columns, names, strict=True)
        ]
        schema = pa.schema(
            [
                (name, column.unloaded_arrow_type())
                for column, name in zip(columns, names, strict=True)
            ]
        )
        area = self._staged.area
        table = self._staged.new_table("input")
        folder = area.target.folder(table)
        try:
            created = self._run(
                f"create table {area.target.table(table)} "
                f"with (format = 'PARQUET', external_location = {literal(folder)}) as "
                f"select {', '.join(expressions)} from {relation}"
            )
        except DbtDatabaseError as error:
            # Trino makes the folder with the first row, and then misses it if there is none.
            if (
                _NO_FOLDER in str(error)
                and not self._run(f"select 1 from {relation} limit 1").values
            ):
                return self._unloaded_relation(schema.empty_table(), columns, names)
            if _WRITES_DISABLED not in str(error):
                raise
            raise DbtRuntimeError(
                f"{relation} has to be unloaded to be read by a Python model, and Trino's "
                f"catalogue {area.target.catalog} does not allow it: set the catalogue property "
                "hive.non-managed-table-writes-enabled=true on the server."
            ) from error
        data = self._unloaded_dataset(folder, schema)
        rows = data.num_rows if isinstance(data, pa.Table) else data.count_rows()
        if rows != created.values[0][0]:
            raise DbtRuntimeError(
                f"Trino unloaded {created.values[0][0]} rows to {folder}, and {rows} are seen from "
                "this machine. Check that the profile field `staging_location` means the same "
                "storage for both."
            )
        return self._unloaded_relation(data, columns, names)

    def _unloaded_relation(
        self, data: ds.Dataset | pa.Table, columns: list[InputColumn], names: list[str]
    ) -> duckdb.DuckDBPyRelation:
        select = ", ".join(
            column.unloaded_expression(name) for column, name in zip(columns, names, strict=True)
        )
        return self._session.from_arrow(data).project(select)

    def _unloaded_dataset(self, folder: str, schema: pa.Schema) -> ds.Dataset | pa.Table:
        paths = self._storage.file_paths(folder)
        if not paths:
            return schema.empty_table()
        file_system, _ = self._storage.resolve(folder)
        return ds.FileSystemDataset.from_paths(
            paths, schema=schema, format=_PARQUET, filesystem=file_system
        )


def _age(entry: list[Any]) -> tuple[float, int]:
    """Sort metadata files from old to new; two commits may share a millisecond."""
    file, seconds = entry
    version = _METADATA_VERSION.fullmatch(file)
    return seconds, int(version[1]) if version else 0


def identifier_parts(relation: str) -> list[str]:
    """Take a relation's name apart.

    Raises:
        NotDirectlyReadableError: If it is no name of catalogue, schema and table, but for
            example a subquery.
    """
    parts: list[str] = []
    position = 0
    while match := _IDENTIFIER.match(relation, position):
        parts.append((match[1] or match[2]).replace('""', '"'))
        position = match.end()
        if position == len(relation):
            break
        if relation[position] != ".":
            break
        position += 1
    if position != len(relation) or len(parts) != 3:  # catalogue, schema, table
        raise NotDirectlyReadableError(f"{relation} is no full name of a table")
    return parts


def load_current_table(files: list[str], storage: Storage) -> StaticTable:
    """Load an Iceberg table as of its current metadata file.

    Args:
        files: The metadata files that Trino lists, the newest last.
        storage: Reaches them.

    Raises:
        NotDirectlyReadableError: If a file cannot be read, or the last one is not the current
            one: every other file of the list must be in the log that the current one carries.
    """
    current = files[-1]
    try:
        io = IcebergFiles(storage, {})
        metadata = FromInputFile.table_metadata(io.new_input(current))
    except Exception as error:
        # Whatever prevents reading here (credentials, network, scheme, format): Trino can.
        raise NotDirectlyReadableError(f"its metadata file {current}: {error}") from error
    older = {entry.metadata_file for entry in metadata.metadata_log}
    if current in older or not older.issuperset(files[:-1]):
        raise NotDirectlyReadableError(f"{current} is not certainly its current metadata file")
    return StaticTable(
        identifier=("static-table", current),
        metadata=metadata,
        metadata_location=current,
        io=IcebergFiles(storage, dict(metadata.properties)),
        catalog=_no_catalog(),
    )


def _no_catalog() -> Any:
    from pyiceberg.catalog.noop import NoopCatalog

    return NoopCatalog("static-table")


def can_be_read_as_they_are(metadata: TableMetadata, tasks: list[FileScanTask]) -> bool:
    """Whether the rows of Parquet files, matched by column names, are the rows of the table.

    They are unless rows were deleted, or a column was renamed, dropped and added again, or changed
    its type: then pyiceberg has to match columns by their ids.

    Args:
        metadata: Of the table.
        tasks: The files of the current snapshot.
    """
    if any(task.delete_files for task in tasks):
        return False
    if any(task.file.file_format != FileFormat.PARQUET for task in tasks):
        return False
    # A name mapping means files that came from elsewhere: they may lack partition columns.
    if "schema.name-mapping.default" in metadata.properties:
        return False
    current = metadata.schema()
    if any(getattr(field, "initial_default", None) is not None for field in current.fields):
        return False
    return all(_is_compatible(schema, current) for schema in metadata.schemas)


def _is_compatible(older: Schema, current: Schema) -> bool:
    by_id = {field.field_id: field for field in older.fields}
    by_name = {field.name: field for field in older.fields}
    for field in current.fields:
        same_id, same_name = by_id.get(field.field_id), by_name.get(field.name)
        if same_id is not same_name:
            return False
        if same_id is not None and same_id.field_type != field.field_type:
            return False
    return True
