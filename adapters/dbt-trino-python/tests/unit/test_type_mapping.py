"""Type names taken apart, and the mapping between Trino, DuckDB and Arrow."""

import pyarrow as pa
import pytest

from dbt.adapters.trino_python.input_types import UnsupportedInputTypeError, input_column
from dbt.adapters.trino_python.output_types import UnsupportedOutputError, output_columns
from dbt.adapters.trino_python.trino_types import TrinoType, parse_trino_type


@pytest.mark.parametrize(
    "text",
    [
        "bigint",
        "decimal(12,8)",
        "timestamp(6) with time zone",
        "interval day to second",
        "array(array(varchar(3)))",
        "map(varchar, array(timestamp(3) with time zone))",
        'row("a b" integer, "c" row("d" decimal(3,1)))',
    ],
)
def test_type_names_are_read_and_written(text):
    assert str(parse_trino_type(text)) == text


def test_parts_of_a_type():
    assert parse_trino_type("TIMESTAMP(6) WITH TIME ZONE") == TrinoType(
        "timestamp with time zone", (6,)
    )
    assert parse_trino_type("row(a integer, varchar(2))").parts == (
        ("a", TrinoType("integer")),
        (None, TrinoType("varchar", (2,))),
    )
    assert parse_trino_type('row("x ""y""" double)').parts[0][0] == 'x "y"'


@pytest.mark.parametrize("text", ["", "array(integer", "decimal(1,2))"])
def test_what_is_no_type_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_trino_type(text)


@pytest.mark.parametrize(
    ("trino", "duckdb", "unloaded"),
    [
        ("varchar(5)", "VARCHAR", 'cast("c" as varchar) as "p"'),
        ("char(5)", "VARCHAR", 'cast("c" as varchar) as "p"'),
        ("bigint", "BIGINT", '"c" as "p"'),
        ("decimal(12,8)", "DECIMAL(12,8)", '"c" as "p"'),
        ("timestamp(6)", "TIMESTAMP", '"c" as "p"'),
        ("timestamp(3)", "TIMESTAMP", 'cast("c" as timestamp(6)) as "p"'),
        (
            "timestamp(3) with time zone",
            "TIMESTAMPTZ",
            'cast("c" at time zone \'UTC\' as timestamp(6)) as "p"',
        ),
        ("time(6)", "TIME", 'cast("c" as varchar) as "p"'),
        ("uuid", "UUID", 'cast("c" as varchar) as "p"'),
        ("json", "VARCHAR", 'cast(json_format("c") as varchar) as "p"'),
        (
            "array(timestamp(3))",
            "TIMESTAMP[]",
            'cast("c" as array(timestamp(6))) as "p"',
        ),
        ("map(varchar, double)", "MAP(VARCHAR, DOUBLE)", '"c" as "p"'),
        ("row(a integer)", 'STRUCT("a" INTEGER)', '"c" as "p"'),
    ],
)
def test_input_columns(trino, duckdb, unloaded):
    column = input_column("C", trino)
    assert column.name == "c"
    assert column.duckdb_type == duckdb
    assert column.unload_expression("p") == unloaded


@pytest.mark.parametrize(
    "trino",
    ["interval day to second", "HyperLogLog", "timestamp(9)", "time(12)", "row(integer, integer)"],
)
def test_refused_input_names_column_and_remedy(trino):
    with pytest.raises(UnsupportedInputTypeError, match=r'Column "c" has the type .*Cast it to'):
        input_column("c", trino)


@pytest.mark.parametrize("trino", ["array(uuid)", "map(varchar, time(6))", "array(json)"])
def test_types_that_cannot_be_unloaded(trino):
    with pytest.raises(UnsupportedInputTypeError, match=r'Column "c".*Hive table cannot hold'):
        input_column("c", trino).unload_expression("p")


def test_output_columns_are_staged_under_names_that_hive_accepts():
    schema = pa.schema(
        [("Plain", pa.int64()), ("a b", pa.string()), ("at", pa.timestamp("ms", "UTC"))]
    )
    plain, odd, instant = output_columns(schema)
    assert plain.is_plain
    assert (plain.name, plain.definition) == ("plain", '"plain" bigint')
    assert (odd.physical_name, odd.expression) == ("dbt_column_1", '"dbt_column_1" as "a b"')
    assert instant.definition == '"at" timestamp(6)'
    assert instant.expression == 'with_timezone("at", \'UTC\') as "at"'


def test_staged_names_do_not_collide():
    schema = pa.schema([("dbt_column_1", pa.int64()), ("a b", pa.int64())])
    names = [column.physical_name for column in output_columns(schema)]
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        (pa.decimal128(5, -2), "Cast it to a smaller decimal"),
        (pa.month_day_nano_interval(), "Return a number of seconds"),
        (pa.list_(pa.time64("us")), "inside another type here"),
        (pa.struct([]), "a struct without fields"),
        (pa.struct([("a b", pa.int8())]), "Rename the field"),
        (pa.dense_union([pa.field("a", pa.int8())]), "Cast it to text"),
    ],
)
def test_refused_output_names_column_and_remedy(kind, remedy):
    with pytest.raises(UnsupportedOutputError, match=r'Column "c"') as raised:
        output_columns(pa.schema([("c", kind)]))
    assert remedy in str(raised.value)
