"""One Python model file, on DuckDB with dbt-duckdb and on Trino: the same rows."""

from pathlib import Path

import duckdb
import pytest
from dbt.tests.util import run_dbt

INPUT = """
{{ config(materialized='table') }}
select 1 as id, cast(10.25 as decimal(12, 8)) as amount, 'Ä' as name, date '2024-02-29' as day,
    cast('2024-02-29 12:00:00.123456' as timestamp(6)) as seen, true as flag
union all
select 2, cast(-0.00000001 as decimal(12, 8)), null, null, null, null
"""

# DuckDB's name of the type has no length.
INPUT_DUCKDB = INPUT.replace("timestamp(6)", "timestamp")

MODEL = """
import pyarrow.compute as pc


def model(dbt, session):
    dbt.config(materialized="incremental", unique_key="id", incremental_strategy="delete+insert")
    rows = dbt.ref("input")
    if dbt.is_incremental:
        highest = session.sql(f"select max(id) from {dbt.this}").fetchone()[0]
        rows = rows.filter(f"id = {highest}").project("* replace (id + 1 as id)")
    table = rows.order("id").to_arrow_table()
    doubled = pc.add(table["amount"], table["amount"])
    return table.append_column("doubled", doubled)
"""


class TestSameModel:
    @pytest.fixture(scope="class")
    def models(self):
        sql = (
            "{% if target.type == 'duckdb' %}" + INPUT_DUCKDB + "{% else %}" + INPUT + "{% endif %}"
        )
        return {"input.sql": sql, "output.py": MODEL}

    @pytest.fixture(scope="class")
    def duckdb_file(self, tmp_path_factory) -> Path:
        return tmp_path_factory.mktemp("duckdb") / "warehouse.duckdb"

    @pytest.fixture(scope="class")
    def profiles_config_update(self, dbt_profile_target, unique_schema, duckdb_file):
        trino = {**dbt_profile_target, "schema": unique_schema}
        other = {"type": "duckdb", "path": str(duckdb_file), "schema": unique_schema}
        return {"test": {"outputs": {"default": trino, "duckdb": other}, "target": "default"}}

    def test_rows_are_equal(self, project, fetch, duckdb_file):
        columns = ("id", "amount", "name", "day", "seen", "flag", "doubled")
        query = f"select {', '.join(columns)} from {{schema}}.output order by id"
        for expected_rows in (2, 3):
            run_dbt(["run"])
            on_trino = fetch(query)
            run_dbt(["run", "--target", "duckdb"])
            with duckdb.connect(str(duckdb_file)) as connection:
                on_duckdb = connection.sql(query.format(schema=project.test_schema)).fetchall()
            assert len(on_trino) == expected_rows
            assert [list(row) for row in on_duckdb] == on_trino
