"""Every type, from Trino into a model and from a model into Trino."""

import pytest
from dbt.tests.util import run_dbt

ALL_TYPES_SQL = """
{{ config(materialized='table') }}
select *
from (
    values
        (
            1, true, tinyint '-128', smallint '-32768', integer '2147483647',
            bigint '9223372036854775807', real '1.5', double '-2.25e300',
            decimal '1234.56789012', decimal '12345678901234567890123456789012345678',
            varchar 'grüße 語 🙂', cast('ab' as varchar(5)), X'00ff10', date '1582-10-15',
            timestamp '1969-12-31 23:59:59.999999', timestamp '2024-02-29 12:00:00.5 Europe/Berlin',
            time '23:59:59.999999', uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59',
            array[1, null, 3], array[array['a'], array[null, 'b']],
            array[timestamp '2020-01-01 00:00:00.123456'],
            map(array['k', 'l'], array[1.5, null]),
            cast(row(7, 'x') as row(number integer, text varchar))
        ),
        (
            2, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
            null, null, null, null, null, null, null, null
        ),
        (
            3, false, tinyint '0', smallint '0', 0, bigint '0', real '0', double 'NaN',
            decimal '0.00000001', decimal '0', '', '', X'', date '9999-12-31',
            timestamp '2262-04-12 00:00:00', timestamp '0001-01-01 00:00:00 UTC',
            time '00:00:00', uuid '00000000-0000-0000-0000-000000000000',
            array[], array[array[]], array[], map(),
            cast(row(null, null) as row(number integer, text varchar))
        )
) as t (
    id, a_boolean, a_tinyint, a_smallint, an_integer, a_bigint, a_real, a_double, a_decimal,
    a_wide_decimal, a_varchar, a_short_varchar, a_varbinary, a_date, a_timestamp, a_timestamp_tz,
    a_time, a_uuid, an_array, nested_arrays, timestamps, a_map, a_row
)
"""

COPY = """
def model(dbt, session):
    dbt.config(materialized="table")
    return dbt.ref("all_types")
"""

EMPTY_COPY = """
def model(dbt, session):
    dbt.config(materialized="table")
    return dbt.ref("all_types").filter("id > 100")
"""

SEEN_TYPES = """
def model(dbt, session):
    dbt.config(materialized="table")
    relation = dbt.ref("all_types")
    return session.sql(
        "select unnest($1) as name, unnest($2) as type",
        params=[relation.columns, [str(kind) for kind in relation.types]],
    )
"""

EXPECTED_SEEN = {
    "id": "INTEGER",
    "a_boolean": "BOOLEAN",
    "a_tinyint": "INTEGER",  # Iceberg has no smaller integers
    "a_smallint": "INTEGER",
    "an_integer": "INTEGER",
    "a_bigint": "BIGINT",
    "a_real": "FLOAT",
    "a_double": "DOUBLE",
    "a_decimal": "DECIMAL(12,8)",
    "a_wide_decimal": "DECIMAL(38,0)",
    "a_varchar": "VARCHAR",
    "a_short_varchar": "VARCHAR",
    "a_varbinary": "BLOB",
    "a_date": "DATE",
    "a_timestamp": "TIMESTAMP",
    "a_timestamp_tz": "TIMESTAMP WITH TIME ZONE",
    "a_time": "TIME",
    "a_uuid": "UUID",
    "an_array": "INTEGER[]",
    "nested_arrays": "VARCHAR[][]",
    "timestamps": "TIMESTAMP[]",
    "a_map": "MAP(VARCHAR, DECIMAL(2,1))",
    "a_row": 'STRUCT(number INTEGER, "text" VARCHAR)',
}


class BaseInputTypes:
    """Iceberg table to model and back: rows and types stay what they are."""

    @pytest.fixture(scope="class")
    def models(self):
        return {
            "all_types.sql": ALL_TYPES_SQL,
            "copied.py": COPY,
            "empty_copy.py": EMPTY_COPY,
            "seen_types.py": SEEN_TYPES,
        }

    def test_rows_and_types(self, project, fetch, column_types, assert_no_staging):
        run_dbt(["run"])
        assert dict(fetch("select name, type from {schema}.seen_types")) == EXPECTED_SEEN
        types = column_types("all_types")
        assert column_types("copied") == types
        assert column_types("empty_copy") == types
        assert fetch("select count(*) from {schema}.empty_copy") == [[0]]
        # NaN is not equal to itself, and `except` cannot compare maps.
        columns = ", ".join(
            f"cast({name} as varchar)"
            if name == "a_double"
            else f"map_entries({name})"
            if name == "a_map"
            else name
            for name in types
        )
        source = fetch(f"select {columns} from {{schema}}.all_types order by id")
        copied = fetch(f"select {columns} from {{schema}}.copied order by id")
        assert len(source) == 3
        for expected, actual in zip(source, copied, strict=True):
            assert actual == expected
        assert_no_staging()


class TestDirectInputTypes(BaseInputTypes):
    pass


class TestUnloadedInputTypes(BaseInputTypes):
    @pytest.fixture(scope="class")
    def dbt_profile_target(self, trino_python_target):
        return {**trino_python_target, "python_read": "unload"}


VIEW_TYPES_SQL = """
{{ config(materialized='view', database=target.staging_catalog) }}
select
    tinyint '-128' as a_tinyint,
    smallint '-32768' as a_smallint,
    cast('ab' as char(4)) as a_char,
    json '{"a": 1}' as some_json,
    timestamp '2020-01-01 00:00:00.123' as in_milliseconds,
    ipaddress '10.0.0.1' as an_address,
    1 as "a,b", 2 as "c ""d"" é", 3 as "select", 4 as "Mixed"
"""

SEEN_VIEW_TYPES = SEEN_TYPES.replace("all_types", "view_types")

COPY_VIEW = COPY.replace("all_types", "view_types")

REFUSED_VIEW_SQL = (
    "{{ config(database=target.staging_catalog) }} select interval '1' day as an_interval"
)
READS_REFUSED = COPY.replace("all_types", "refused_view")

FINE_VIEW_SQL = """
{{ config(database=target.staging_catalog) }}
select timestamp '2020-01-01 00:00:00.123456789' as too_fine
"""
READS_FINE = COPY.replace("all_types", "fine_view")


class TestTypesOfViews:
    """Types that Iceberg does not have reach a model from views and other connectors."""

    @pytest.fixture(scope="class")
    def models(self):
        return {
            "view_types.sql": VIEW_TYPES_SQL,
            "seen_types.py": SEEN_VIEW_TYPES,
            "copied.py": COPY_VIEW,
            "refused_view.sql": REFUSED_VIEW_SQL,
            "reads_refused.py": READS_REFUSED,
            "fine_view.sql": FINE_VIEW_SQL,
            "reads_fine.py": READS_FINE,
        }

    def test_types(self, project, fetch, server):
        # Iceberg's views refuse these types, Hive's do not.
        schema = f"{server.staging_catalog}.{project.test_schema}"
        project.run_sql(f"create schema {schema}")
        try:
            self.check(project, fetch)
        finally:
            project.run_sql(f"drop schema {schema} cascade")

    def check(self, project, fetch):
        results = run_dbt(["run"], expect_pass=False)
        messages = {result.node.name: result.message for result in results}
        assert dict(fetch("select name, type from {schema}.seen_types")) == {
            "a_tinyint": "TINYINT",
            "a_smallint": "SMALLINT",
            "a_char": "VARCHAR",
            "some_json": "VARCHAR",
            "in_milliseconds": "TIMESTAMP",
            "an_address": "VARCHAR",
            "a,b": "INTEGER",
            'c "d" é': "INTEGER",
            "select": "INTEGER",
            "mixed": "INTEGER",
        }
        query = 'select some_json, an_address, "a,b", "c ""d"" é", "select", mixed from '
        assert fetch(query + "{schema}.copied") == [['{"a":1}', "10.0.0.1", 1, 2, 3, 4]]
        assert '"an_interval" has the type interval day to second' in messages["reads_refused"]
        assert '"too_fine" has the type timestamp(9)' in messages["reads_fine"]
        assert "Cast it to another type in a SQL model" in messages["reads_fine"]


OUTPUT_TYPES = """
import datetime as dt
import decimal
import uuid

import pyarrow as pa


def model(dbt, session):
    dbt.config(materialized="table")
    at = dt.datetime(2024, 2, 29, 12, 30, 15, 123456)
    columns = {
        "a_bool": pa.array([True, None]),
        "an_int8": pa.array([-128, None], pa.int8()),
        "an_int16": pa.array([-32768, None], pa.int16()),
        "an_int32": pa.array([2147483647, None], pa.int32()),
        "an_int64": pa.array([9223372036854775807, None], pa.int64()),
        "a_uint8": pa.array([255, None], pa.uint8()),
        "a_uint16": pa.array([65535, None], pa.uint16()),
        "a_uint32": pa.array([4294967295, None], pa.uint32()),
        "a_uint64": pa.array([18446744073709551615, None], pa.uint64()),
        "a_float16": pa.array([1.5, None], pa.float32()).cast(pa.float16()),
        "a_float32": pa.array([1.5, None], pa.float32()),
        "a_float64": pa.array([1e300, None]),
        "a_decimal": pa.array([decimal.Decimal("1.50"), None], pa.decimal128(5, 2)),
        "a_decimal256": pa.array([decimal.Decimal("1.50"), None], pa.decimal256(38, 2)),
        "a_string": pa.array(["語", None]),
        "a_large_string": pa.array(["x", None], pa.large_string()),
        "a_string_view": pa.array(["x", None], pa.string_view()),
        "a_dictionary": pa.array(["x", None]).dictionary_encode(),
        "a_null": pa.array([None, None]),
        "a_binary": pa.array([b"\\x00\\xff", None]),
        "a_large_binary": pa.array([b"\\x00", None], pa.large_binary()),
        "a_fixed_binary": pa.array([b"ab", None], pa.binary(2)),
        "a_date32": pa.array([dt.date(1582, 10, 15), None]),
        "a_date64": pa.array([dt.date(2024, 2, 29), None], pa.date64()),
        "a_timestamp_s": pa.array([at.replace(microsecond=0), None], pa.timestamp("s")),
        "a_timestamp_ms": pa.array([at.replace(microsecond=123000), None], pa.timestamp("ms")),
        "a_timestamp_us": pa.array([at, None], pa.timestamp("us")),
        "a_timestamp_ns": pa.array([at, None], pa.timestamp("ns")),
        "a_timestamp_tz": pa.array([at, None], pa.timestamp("us", "America/New_York")),
        "a_time32": pa.array([dt.time(1, 2, 3), None], pa.time32("s")),
        "a_time64": pa.array([dt.time(1, 2, 3, 123456), None], pa.time64("us")),
        "a_uuid": pa.array([uuid.UUID(int=1).bytes, None], pa.uuid()),
        "a_list": pa.array([[1, None], None], pa.list_(pa.int64())),
        "a_large_list": pa.array([["x"], None], pa.large_list(pa.large_string())),
        "a_fixed_list": pa.array([[1.0, 2.0], None], pa.list_(pa.float32(), 2)),
        "a_struct": pa.array(
            [{"Number": 1, "at": at}, None],
            pa.struct([("Number", pa.uint8()), ("at", pa.timestamp("ns"))]),
        ),
        "a_map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int32())),
    }
    return pa.table(columns)
"""

EXPECTED_OUTPUT = {
    "a_bool": ("boolean", "true"),
    "an_int8": ("integer", "-128"),  # Iceberg has no smaller integers
    "an_int16": ("integer", "-32768"),
    "an_int32": ("integer", "2147483647"),
    "an_int64": ("bigint", "9223372036854775807"),
    "a_uint8": ("integer", "255"),
    "a_uint16": ("integer", "65535"),
    "a_uint32": ("bigint", "4294967295"),
    "a_uint64": ("decimal(20,0)", "18446744073709551615"),
    "a_float16": ("real", "1.5E0"),
    "a_float32": ("real", "1.5E0"),
    "a_float64": ("double", "1.0E300"),
    "a_decimal": ("decimal(5,2)", "1.50"),
    "a_decimal256": ("decimal(38,2)", "1.50"),
    "a_string": ("varchar", "語"),
    "a_large_string": ("varchar", "x"),
    "a_string_view": ("varchar", "x"),
    "a_dictionary": ("varchar", "x"),
    "a_null": ("varchar", None),
    "a_binary": ("varbinary", "00FF"),
    "a_large_binary": ("varbinary", "00"),
    "a_fixed_binary": ("varbinary", "6162"),
    "a_date32": ("date", "1582-10-15"),
    "a_date64": ("date", "2024-02-29"),
    "a_timestamp_s": ("timestamp(6)", "2024-02-29 12:30:15.000000"),
    "a_timestamp_ms": ("timestamp(6)", "2024-02-29 12:30:15.123000"),
    "a_timestamp_us": ("timestamp(6)", "2024-02-29 12:30:15.123456"),
    "a_timestamp_ns": ("timestamp(6)", "2024-02-29 12:30:15.123456"),
    "a_timestamp_tz": ("timestamp(6) with time zone", "2024-02-29 12:30:15.123456 UTC"),
    "a_time32": ("time(6)", "01:02:03.000000"),
    "a_time64": ("time(6)", "01:02:03.123456"),
    "a_uuid": ("uuid", "00000000-0000-0000-0000-000000000001"),
    "a_list": ("array(bigint)", "[1,null]"),
    "a_large_list": ("array(varchar)", '["x"]'),
    "a_fixed_list": ("array(real)", "[1.0,2.0]"),
    "a_struct": (
        "row(number integer, at timestamp(6))",
        '{"number":1,"at":"2024-02-29 12:30:15.123456"}',
    ),
    "a_map": ("map(varchar, integer)", '{"k":1}'),
}

DUCKDB_TYPES = """
def model(dbt, session):
    dbt.config(materialized="table")
    return session.sql('''
        select
            170141183460469231731687303715884105::hugeint as a_hugeint,
            sum(i) as a_sum,
            uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59' as a_uuid,
            'a'::enum('a', 'b') as an_enum,
            timestamptz '2020-01-01 00:00:00+02' as an_instant,
            [1, 2]::integer[2] as an_array,
            '{"a": 1}'::json as some_json,
            time '01:02:03.5' as a_time
        from range(4) as t (i)
    ''')
"""


class TestOutputTypes:
    @pytest.fixture(scope="class")
    def models(self):
        return {"arrow_types.py": OUTPUT_TYPES, "duckdb_types.py": DUCKDB_TYPES}

    def test_types_and_values(self, project, fetch, column_types, assert_no_staging):
        run_dbt(["run"])
        types = column_types("arrow_types")
        assert types == {name: kind for name, (kind, _) in EXPECTED_OUTPUT.items()}

        def as_text(name: str) -> str:
            kind = types[name]
            if kind.startswith(("array", "map", "row")):
                return f"json_format(cast({name} as json))"
            return f"to_hex({name})" if kind == "varbinary" else f"cast({name} as varchar)"

        columns = ", ".join(as_text(name) for name in types)
        values, nulls = fetch(
            f"select {columns} from {{schema}}.arrow_types order by a_bool nulls last"
        )
        assert dict(zip(types, values, strict=True)) == {
            name: value for name, (_, value) in EXPECTED_OUTPUT.items()
        }
        assert set(nulls) == {None}

        assert column_types("duckdb_types") == {
            "a_hugeint": "decimal(38,0)",
            "a_sum": "decimal(38,0)",
            "a_uuid": "uuid",
            "an_enum": "varchar",
            "an_instant": "timestamp(6) with time zone",
            "an_array": "array(integer)",
            "some_json": "varchar",
            "a_time": "time(6)",
        }
        columns = ", ".join(
            f"cast({name} as varchar)" for name in ("a_hugeint", "a_uuid", "a_time")
        )
        assert fetch(f"select {columns}, an_array from {{schema}}.duckdb_types") == [
            [
                "170141183460469231731687303715884105",
                "12151fd2-7586-11e9-8f9e-2a86e4085a59",
                "01:02:03.500000",
                [1, 2],
            ]
        ]
        assert_no_staging()
