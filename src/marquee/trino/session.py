"""Questions to the Trino server that the dbt profile names."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import trino.dbapi
from dbt.config.runtime import load_profile
from dbt.flags import set_from_args
from dbt_common.context import set_invocation_context
from pyiceberg.table import StaticTable
from trino.exceptions import TrinoConnectionError

from marquee.paths import Paths
from marquee.trino.artifacts import TrinoUnavailableError

TARGET = "trino"


class Session:
    """One connection, with the address and the credentials of dbt's own profile."""

    def __init__(self, paths: Paths, target: str = TARGET) -> None:
        set_invocation_context({**os.environ, **paths.environment()})
        set_from_args(
            Namespace(PROFILES_DIR=str(paths.project), PROJECT_DIR=str(paths.project)),
            None,
        )
        credentials: Any = load_profile(str(paths.project), {}, target_override=target).credentials
        self.catalog: str = credentials.database
        self.lake_catalog = os.environ.get("MARQUEE_LAKE_CATALOG", "lake")
        self.address = f"{credentials.host}:{credentials.port}"
        self._connection = trino.dbapi.connect(  # type: ignore[no-untyped-call]
            host=credentials.host,
            port=credentials.port,
            user=credentials.user,
            catalog=credentials.database,
            http_scheme=credentials.http_scheme.value,
            auth=credentials.trino_auth(),
            verify=True if credentials.cert is None else credentials.cert,
            session_properties=credentials.session_properties,
            timezone="UTC",
            source="marquee",
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement.

        Raises:
            TrinoUnavailableError: if nobody answers at the profile's address.
            trino.exceptions.TrinoQueryError: if the statement fails.
        """
        return self._run(sql)[0]

    def kind(self, schema: str, table: str) -> str | None:
        """``BASE TABLE`` or ``VIEW``; None if there is no such relation."""
        rows = self.query(
            f"select table_type from {self.catalog}.information_schema.tables "
            f"where table_schema = '{schema}' and table_name = '{table}'"
        )
        return str(rows[0][0]) if rows else None

    def columns(self, schema: str, table: str) -> dict[str, str]:
        """Names and types of a relation, in order."""
        rows = self.query(
            f"select column_name, data_type from {self.catalog}.information_schema.columns "
            f"where table_schema = '{schema}' and table_name = '{table}' order by ordinal_position"
        )
        return {str(name): str(data_type) for name, data_type in rows}

    def views(self, schema: str) -> list[str]:
        """Names of the schema's views."""
        rows = self.query(
            f"select table_name from {self.catalog}.information_schema.tables "
            f"where table_schema = '{schema}' and table_type = 'VIEW' order by table_name"
        )
        return [str(name) for (name,) in rows]

    def tables(self) -> list[str]:
        """All tables of the session's catalogue, as ``schema.table`` in quotes."""
        rows = self.query(
            f"select table_schema, table_name from {self.catalog}.information_schema.tables "
            "where table_type = 'BASE TABLE' "
            "and table_schema not in ('information_schema', 'system') order by 1, 2"
        )
        return [f'"{schema}"."{table}"' for schema, table in rows]

    def comments(self, schema: str, table: str) -> dict[str | None, str]:
        """Descriptions of a relation's columns, and of the relation itself under None."""
        rows: list[tuple[Any, ...]] = self.query(
            f"select cast(null as varchar), comment from system.metadata.table_comments "
            f"where catalog_name = '{self.catalog}' and schema_name = '{schema}' "
            f"and table_name = '{table}'"
        )
        rows += [
            (name, comment)
            for name, _, _, comment in self.query(f"show columns from {schema}.{table}")
        ]
        return {name: comment for name, comment in rows if comment}

    def shape(self, relation: str) -> list[tuple[str, str]]:
        """Names and types of what ``select * from`` a relation gives, in order."""
        _, description = self._run(f"select * from {relation} limit 0")
        return [(column[0], column[1]) for column in description]

    def snapshot_id(self, schema: str, table: str) -> int:
        """The present snapshot of an Iceberg table."""
        [[value]] = self.query(
            f'select value from {self.catalog}.{schema}."{table}$properties" '
            "where key = 'current-snapshot-id'"
        )
        return int(value)

    def read(self, schema: str, table: str) -> pa.Table:
        """All rows of a relation: an Iceberg table's own files, or through the client.

        The files are ten times faster, where this machine sees them.
        """
        if self.kind(schema, table) == "VIEW":
            return self._read_rows(schema, table)
        [[metadata]] = self.query(
            f'select file from {self.catalog}.{schema}."{table}$metadata_log_entries" '
            "order by timestamp desc, latest_sequence_number desc, file desc limit 1"
        )
        return StaticTable.from_metadata(metadata).scan().to_arrow()

    def _read_rows(self, schema: str, table: str) -> pa.Table:
        columns = self.columns(schema, table)
        names = ", ".join(f'"{name}"' for name in columns)
        rows, _ = self._run(f"select {names} from {self.catalog}.{schema}.{table}")
        types = pa.schema([(name, arrow_type(kind)) for name, kind in columns.items()])
        return pa.Table.from_arrays(
            [
                pa.array([row[position] for row in rows], field.type)
                for position, field in enumerate(types)
            ],
            schema=types,
        )

    def _run(self, sql: str) -> tuple[list[tuple[Any, ...]], Sequence[Any]]:
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()], cursor.description or ()
        except TrinoConnectionError as error:
            raise TrinoUnavailableError(
                f"No Trino answers at {self.address}. Start one with: make trino"
            ) from error
        finally:
            cursor.cancel()


def arrow_type(data_type: str) -> pa.DataType:
    """The Arrow type of a type that the contract allows.

    Raises:
        KeyError: for any other type.
    """
    if data_type.startswith("decimal("):
        precision, scale = data_type.removeprefix("decimal(").removesuffix(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    return {
        "boolean": pa.bool_(),
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "varchar": pa.string(),
        "date": pa.date32(),
        "timestamp(6)": pa.timestamp("us"),
    }[data_type]
