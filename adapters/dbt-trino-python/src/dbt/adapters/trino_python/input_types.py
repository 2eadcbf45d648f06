"""How a column of a Trino relation reaches DuckDB: read directly, or unloaded to Parquet."""

from dataclasses import dataclass

import pyarrow as pa

from dbt.adapters.trino_python.trino_types import TrinoType, parse_trino_type, quote

# Trino's name, DuckDB's name and Arrow's type, of the types that have the same values in all three.
_SAME: dict[str, tuple[str, pa.DataType]] = {
    "boolean": ("BOOLEAN", pa.bool_()),
    "tinyint": ("TINYINT", pa.int8()),
    "smallint": ("SMALLINT", pa.int16()),
    "integer": ("INTEGER", pa.int32()),
    "bigint": ("BIGINT", pa.int64()),
    "real": ("FLOAT", pa.float32()),
    "double": ("DOUBLE", pa.float64()),
    "varchar": ("VARCHAR", pa.string()),
    "varbinary": ("BLOB", pa.binary()),
    "date": ("DATE", pa.date32()),
    "timestamp": ("TIMESTAMP", pa.timestamp("us")),
    "timestamp with time zone": ("TIMESTAMPTZ", pa.timestamp("us", "UTC")),
    "time": ("TIME", pa.time64("us")),
    "uuid": ("UUID", pa.uuid()),
    "char": ("VARCHAR", pa.string()),
    "json": ("VARCHAR", pa.string()),
    "ipaddress": ("VARCHAR", pa.string()),
    "unknown": ("VARCHAR", pa.string()),
}
# Hive tables know no such column; each becomes one they know, and DuckDB makes it whole again.
_UNLOADED_AS_TEXT = ("time", "uuid", "json", "ipaddress", "unknown", "char")
_MICROSECONDS = 6


class UnsupportedInputTypeError(Exception):
    """A column's type has no counterpart in DuckDB or cannot be unloaded."""


@dataclass(frozen=True)
class InputColumn:
    """A column of a relation that a Python model reads.

    Attributes:
        name: As Trino reports it, in lower case.
        type: As Trino reports it.
        duckdb_type: The type the Python model sees.
    """

    name: str
    type: TrinoType
    duckdb_type: str

    @property
    def arrow_type(self) -> pa.DataType:
        """Type of the column in the Arrow data that DuckDB reads directly."""
        return _arrow_type(self.type)

    @property
    def direct_expression(self) -> str:
        """DuckDB expression over the column as the table's own files hold it."""
        return f"cast({quote(self.name)} as {self.duckdb_type}) as {quote(self.name)}"

    def unload_expression(self, physical_name: str) -> str:
        """Return the Trino expression that a Hive table of Parquet files can hold.

        Args:
            physical_name: Name of the column in the unloaded files.

        Raises:
            UnsupportedInputTypeError: If a type inside the column cannot be unloaded.
        """
        stored = _unloaded_type(self.type, self.name, nested=False)
        source = quote(self.name)
        if self.type.name == "json":
            source = f"json_format({source})"
        elif self.type.name == "timestamp with time zone":
            source = f"{source} at time zone 'UTC'"
        if str(stored) != str(self.type) or self.type.name == "json":
            source = f"cast({source} as {stored})"
        return f"{source} as {quote(physical_name)}"

    def unloaded_arrow_type(self) -> pa.DataType:
        """Type of the column in the unloaded files."""
        return _arrow_type(_unloaded_type(self.type, self.name, nested=False))

    def unloaded_expression(self, physical_name: str) -> str:
        """Return the DuckDB expression over the column as the unloaded files hold it."""
        source = quote(physical_name)
        if self.type.name == "timestamp with time zone":
            # Not a cast: that would read the text with the time zone the model may have set.
            source = f"timezone('UTC', {source})"
        return f"cast({source} as {self.duckdb_type}) as {quote(self.name)}"


def input_column(name: str, type_text: str) -> InputColumn:
    """Describe a column from what Trino says about it.

    Raises:
        UnsupportedInputTypeError: If DuckDB has no type for it. The message says what to do.
    """
    parsed = parse_trino_type(type_text)
    return InputColumn(name.lower(), parsed, _duckdb_type(parsed, name))


def _refusal(column: str, kind: TrinoType, reason: str) -> UnsupportedInputTypeError:
    return UnsupportedInputTypeError(
        f'Column "{column}" has the type {kind}, {reason}. Cast it to another type in a SQL model '
        "or a view, and read that one instead."
    )


def _check_precision(column: str, kind: TrinoType) -> None:
    if kind.name.startswith("time") and kind.numbers and kind.numbers[0] > _MICROSECONDS:
        raise _refusal(column, kind, "which is finer than the microseconds Python models work with")


def _duckdb_type(kind: TrinoType, column: str) -> str:
    _check_precision(column, kind)
    if kind.name == "decimal":
        return f"DECIMAL({kind.numbers[0]},{kind.numbers[1]})"
    if kind.name == "array":
        return f"{_duckdb_type(kind.parts[0][1], column)}[]"
    if kind.name == "map":
        inner = ", ".join(_duckdb_type(part, column) for _, part in kind.parts)
        return f"MAP({inner})"
    if kind.name == "row":
        if any(name is None for name, _ in kind.parts):
            raise _refusal(column, kind, "a row whose fields have no names")
        inner = ", ".join(
            f"{quote(name or '')} {_duckdb_type(part, column)}" for name, part in kind.parts
        )
        return f"STRUCT({inner})"
    if kind.name not in _SAME:
        raise _refusal(column, kind, "which DuckDB does not have")
    return _SAME[kind.name][0]


def _arrow_type(kind: TrinoType) -> pa.DataType:
    if kind.name == "decimal":
        return pa.decimal128(kind.numbers[0], kind.numbers[1])
    if kind.name == "array":
        return pa.list_(_arrow_type(kind.parts[0][1]))
    if kind.name == "map":
        return pa.map_(_arrow_type(kind.parts[0][1]), _arrow_type(kind.parts[1][1]))
    if kind.name == "row":
        return pa.struct([pa.field(name or "", _arrow_type(part)) for name, part in kind.parts])
    return _SAME[kind.name][1]


def _unloaded_type(kind: TrinoType, column: str, *, nested: bool) -> TrinoType:
    if kind.parts:
        parts = tuple(
            (name, _unloaded_type(part, column, nested=True)) for name, part in kind.parts
        )
        return TrinoType(kind.name, (), parts)
    if nested and kind.name in ("timestamp with time zone", *_UNLOADED_AS_TEXT):
        raise _refusal(
            column, kind, f"and Parquet files of a Hive table cannot hold {kind.name} inside it"
        )
    if kind.name in ("timestamp", "timestamp with time zone"):
        return TrinoType("timestamp", (_MICROSECONDS,))
    if kind.name in _UNLOADED_AS_TEXT:
        return TrinoType("varchar")
    return TrinoType("varchar") if kind.name == "varchar" else kind
