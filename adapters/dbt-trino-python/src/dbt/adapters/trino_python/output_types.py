"""How a column that a Python model returns reaches Trino: staged in Parquet, then converted."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import types

from dbt.adapters.trino_python.trino_types import quote

_MAX_DECIMAL_PRECISION = 38
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_STAGED_PREFIX = "dbt_column_"
_Check = Callable[[pa.DataType], bool]

# In order: the first check that holds decides on Arrow's staged type and Trino's type.
_SIMPLE: tuple[tuple[_Check, pa.DataType, str], ...] = (
    (types.is_boolean, pa.bool_(), "boolean"),
    (types.is_int8, pa.int8(), "tinyint"),
    (types.is_int16, pa.int16(), "smallint"),
    (types.is_int32, pa.int32(), "integer"),
    (types.is_int64, pa.int64(), "bigint"),
    # Trino has no unsigned integers: the next wider type holds every value.
    (types.is_uint8, pa.int16(), "smallint"),
    (types.is_uint16, pa.int32(), "integer"),
    (types.is_uint32, pa.int64(), "bigint"),
    (types.is_uint64, pa.decimal128(20, 0), "decimal(20,0)"),
    (types.is_float16, pa.float32(), "real"),
    (types.is_float32, pa.float32(), "real"),
    (types.is_float64, pa.float64(), "double"),
    (types.is_string, pa.string(), "varchar"),
    (types.is_large_string, pa.string(), "varchar"),
    (types.is_string_view, pa.string(), "varchar"),
    (types.is_binary, pa.binary(), "varbinary"),
    (types.is_large_binary, pa.binary(), "varbinary"),
    (types.is_binary_view, pa.binary(), "varbinary"),
    (types.is_fixed_size_binary, pa.binary(), "varbinary"),
    (types.is_date, pa.date32(), "date"),
    (types.is_null, pa.string(), "varchar"),
)
_LISTS: tuple[_Check, ...] = (
    types.is_list,
    types.is_large_list,
    types.is_fixed_size_list,
    types.is_list_view,
    types.is_large_list_view,
)


class UnsupportedOutputError(Exception):
    """The result of a Python model has a column that a Trino table cannot hold."""


@dataclass(frozen=True)
class OutputColumn:
    """A column of a Python model's result.

    Attributes:
        name: Name in the table that Trino makes, in lower case.
        physical_name: Name in the staged files.
        arrow_type: Type in the staged files.
        staged_type: Type that Trino reads from the staged files.
        trino_type: Type in the table that Trino makes.
        conversion: Trino expression from the staged to the final type, with `{}` for the staged
            column, None if the two are the same.
    """

    name: str
    physical_name: str
    arrow_type: pa.DataType
    staged_type: str
    trino_type: str
    conversion: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the staged column is, name and type, the column of the final table."""
        return self.conversion is None and self.name == self.physical_name

    @property
    def definition(self) -> str:
        """The column in the DDL of the staged table."""
        return f"{quote(self.physical_name)} {self.staged_type}"

    @property
    def expression(self) -> str:
        """The column in a select from the staged table."""
        staged = quote(self.physical_name)
        final = staged if self.conversion is None else self.conversion.format(staged)
        return f"{final} as {quote(self.name)}"


def output_columns(
    schema: pa.Schema, uuid_columns: frozenset[int] = frozenset()
) -> list[OutputColumn]:
    """Plan how each column of a result is staged.

    Args:
        schema: Of the result.
        uuid_columns: Positions of text columns that are UUIDs; DuckDB hands them out as text.

    Raises:
        UnsupportedOutputError: If a column's type or name cannot be in a Trino table, or if there
            is no column. The message names the column and says what to do.
    """
    if not schema.names:
        raise UnsupportedOutputError("It has no columns. Return at least one column.")
    by_lower_name: dict[str, str] = {}
    columns = []
    for position, column in enumerate(schema):
        name = column.name
        if not name.strip():
            raise UnsupportedOutputError(
                f"Column {position + 1} has no name. Give every column a name."
            )
        other = by_lower_name.setdefault(name.lower(), name)
        if len(by_lower_name) <= position:
            raise UnsupportedOutputError(
                f'Columns "{other}" and "{name}" have the same name in Trino, which ignores case. '
                "Rename one of them."
            )
        columns.append(_output_column(column, position, is_uuid=position in uuid_columns))
    return columns


def _output_column(column: pa.Field, position: int, *, is_uuid: bool) -> OutputColumn:
    name = column.name.lower()
    # The Hive connector refuses some names (commas, for example) that other connectors accept.
    is_plain = _PLAIN_NAME.fullmatch(name) and not name.startswith(_STAGED_PREFIX)
    physical_name = name if is_plain else f"{_STAGED_PREFIX}{position}"
    kind = column.type
    if types.is_dictionary(kind):
        kind = kind.value_type
    if is_uuid:
        return OutputColumn(name, physical_name, pa.string(), "varchar", "uuid", "cast({} as uuid)")
    if kind == pa.uuid():
        return OutputColumn(
            name, physical_name, pa.binary(), "varbinary", "uuid", "cast({} as uuid)"
        )
    if types.is_time(kind):
        return OutputColumn(
            name, physical_name, pa.string(), "varchar", "time(6)", "cast({} as time(6))"
        )
    if types.is_timestamp(kind) and kind.tz is not None:
        return OutputColumn(
            name,
            physical_name,
            pa.timestamp("us"),
            "timestamp(6)",
            "timestamp(6) with time zone",
            "with_timezone({}, 'UTC')",
        )
    arrow_type, trino_type = _plain_type(kind, column.name)
    return OutputColumn(name, physical_name, arrow_type, trino_type, trino_type)


def _plain_type(kind: pa.DataType, column: str) -> tuple[pa.DataType, str]:
    """Return the staged Arrow type and Trino's type of a type that Hive tables know."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    for check, arrow_type, trino_type in _SIMPLE:
        if check(kind):
            return arrow_type, trino_type
    if types.is_timestamp(kind) and kind.tz is None:
        return pa.timestamp("us"), "timestamp(6)"
    if types.is_decimal(kind) and 0 <= kind.scale <= kind.precision <= _MAX_DECIMAL_PRECISION:
        return pa.decimal128(kind.precision, kind.scale), f"decimal({kind.precision},{kind.scale})"
    if any(check(kind) for check in _LISTS):
        arrow_type, trino_type = _plain_type(kind.value_type, column)
        return pa.list_(arrow_type), f"array({trino_type})"
    if types.is_map(kind):
        key_arrow, key_trino = _plain_type(kind.key_type, column)
        item_arrow, item_trino = _plain_type(kind.item_type, column)
        return pa.map_(key_arrow, item_arrow), f"map({key_trino}, {item_trino})"
    if types.is_struct(kind):
        return _row_type(kind, column)
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.json":
        return pa.string(), "varchar"
    raise UnsupportedOutputError(
        f'Column "{column}" has the type {kind}, which a Trino table cannot hold{_remedy(kind)}'
    )


def _row_type(kind: pa.StructType, column: str) -> tuple[pa.DataType, str]:
    if kind.num_fields == 0:
        raise UnsupportedOutputError(
            f'Column "{column}" has a struct without fields. Leave it out, or add a field.'
        )
    arrow_fields, trino_fields = [], []
    for part in kind:
        if not _PLAIN_NAME.fullmatch(part.name.lower()):
            raise UnsupportedOutputError(
                f'Column "{column}" has the struct field "{part.name}", whose name cannot be '
                "staged. Rename the field to letters, digits and underscores."
            )
        arrow_type, trino_type = _plain_type(part.type, column)
        arrow_fields.append(pa.field(part.name, arrow_type))
        trino_fields.append(f"{quote(part.name.lower())} {trino_type}")
    return pa.struct(arrow_fields), f"row({', '.join(trino_fields)})"


def _remedy(kind: pa.DataType) -> str:
    if types.is_decimal(kind):
        return " (at most 38 digits, no negative scale). Cast it to a smaller decimal or a double."
    if types.is_duration(kind) or types.is_interval(kind):
        return ". Return a number of seconds or days instead."
    if types.is_timestamp(kind) or types.is_time(kind) or kind == pa.uuid():
        return " inside another type here. Cast it to text, or return it as a column of its own."
    return ". Cast it to text, a number, or a timestamp."
