"""What a model may return, and what it is told when it cannot become a table."""

import pytest
from dbt.tests.util import run_dbt

HEAD = """
import pyarrow as pa


def model(dbt, session):
    dbt.config(materialized="table")
"""

TABLE = 'pa.table({"id": [1, 2], "name": ["a", None]})'

GOOD = {
    "relation": f"    return session.from_arrow({TABLE}).filter('id > 0')\n",
    "relation_of_variable": f"    t = {TABLE}\n    return session.sql('from t order by id')\n",
    "arrow_table": f"    return {TABLE}\n",
    "arrow_batch": f"    return {TABLE}.to_batches()[0]\n",
    "arrow_reader": f"    return {TABLE}.to_reader()\n",
    "pandas_frame": f"    return {TABLE}.to_pandas()\n",
    "polars_frame": f"    import polars\n    return polars.from_arrow({TABLE})\n",
    "polars_lazy_frame": f"    import polars\n    return polars.from_arrow({TABLE}).lazy()\n",
}

EMPTY = {
    "empty_relation": "    return session.sql('select 1 as id, [1.5] as list where false')\n",
    "empty_table": (
        '    return pa.schema([("id", pa.int32()), ("list", pa.list_(pa.decimal128(2, 1)))])'
        ".empty_table()\n"
    ),
}

NAMES = r"""
    names = ["select", "a b", "c,d", 'e "f"', "ünï", "MiXed", "g.h", "1st", "semi;colon"]
    names.append("dbt_column_0")
    return pa.table({name: [position] for position, name in enumerate(names)})
"""

BAD = {
    "same_name": (
        '    return pa.table({"Name": [1], "name": [2]})\n',
        'Columns "Name" and "name" have the same name in Trino, which ignores case. Rename',
    ),
    "no_columns": ("    return pa.table({})\n", "It has no columns. Return at least one"),
    "no_name": ('    return pa.table({" ": [1]})\n', "Column 1 has no name. Give every column"),
    "nothing": ("    return None\n", "an object of the type builtins.NoneType. Return a DuckDB"),
    "duration": (
        '    return pa.table({"took": pa.array([1], pa.duration("s"))})\n',
        'Column "took" has the type duration[s], which a Trino table cannot hold. Return a number',
    ),
    "interval": (
        '    return session.sql("select interval 1 day as \\"took\\"")\n',
        'Column "took" has DuckDB\'s type INTERVAL, which a Trino table cannot hold. Return a',
    ),
    "wide_decimal": (
        '    return pa.table({"n": pa.array([1], pa.decimal256(50, 0))})\n',
        'Column "n" has the type decimal256(50, 0), which a Trino table cannot hold (at most 38',
    ),
    "nested_instant": (
        '    return pa.table({"n": pa.array([[0]], pa.list_(pa.timestamp("s", "UTC")))})\n',
        "inside another type here. Cast it to text",
    ),
    "nanoseconds": (
        '    return pa.table({"n": pa.array([1], pa.timestamp("ns"))})\n',
        'Column "n" cannot be converted from timestamp[ns] to Trino\'s timestamp(6)',
    ),
    "mixed_objects": (
        '    import pandas\n    return pandas.DataFrame({"n": [1, "x"]})\n',
        "A pandas column holds values that are not of one type",
    ),
    "number_as_name": (
        "    import pandas\n    return pandas.DataFrame({0: [1]})\n",
        "The pandas column 0 has a name that is no text. Rename it",
    ),
    "broken_relation": (
        "    return session.sql(\"select error('late')\")\n",
        "returned a result whose rows cannot be computed: InvalidInputException",
    ),
}


class TestResults:
    @pytest.fixture(scope="class")
    def models(self):
        bodies = {**GOOD, **EMPTY, "odd_names": NAMES}
        return {f"{name}.py": HEAD + body for name, body in bodies.items()}

    def test_results(self, project, fetch, column_types, assert_no_staging):
        run_dbt(["run"])
        for name in GOOD:
            assert fetch(f"select id, name from {{schema}}.{name} order by id") == [
                [1, "a"],
                [2, None],
            ]
            assert column_types(name) == {"id": "bigint", "name": "varchar"}
        for name in EMPTY:
            assert column_types(name) == {"id": "integer", "list": "array(decimal(2,1))"}
            assert fetch(f"select count(*) from {{schema}}.{name}") == [[0]]
        assert list(column_types("odd_names")) == [
            "select",
            "a b",
            "c,d",
            'e "f"',
            "ünï",
            "mixed",
            "g.h",
            "1st",
            "semi;colon",
            "dbt_column_0",
        ]
        assert fetch("select * from {schema}.odd_names") == [list(range(10))]
        assert_no_staging()


class TestRefusedResults:
    @pytest.fixture(scope="class")
    def models(self):
        return {f"{name}.py": HEAD + body for name, (body, _) in BAD.items()}

    def test_messages(self, project, assert_no_staging):
        results = run_dbt(["run"], expect_pass=False)
        messages = {result.node.name: result.message for result in results}
        for name, (_, expected) in BAD.items():
            assert f"model {name} (models/{name}.py)" in messages[name]
            assert expected in messages[name]
        assert_no_staging()
