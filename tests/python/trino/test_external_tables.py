"""Files of the lake as Hive tables: a wrong location reads as zero rows without an error."""

import pytest

from marquee.engine import connect
from tests.python.trino.conftest import Twins

pytestmark = pytest.mark.slow


def test_every_table_has_the_rows_that_the_manifest_names(twins: Twins):
    counts = twins.ask(
        "select source_name, table_name, sum(loaded_row_count) "
        "from lake.marquee.file_manifest group by 1, 2 order by 1, 2"
    )
    assert len(counts) == 5
    for source, table, loaded in counts:
        assert loaded > 0
        assert twins.ask(f"select count(*) from lake.{source}.{table}") == [(loaded,)]
        assert len(twins.deployment.lake_rows(f"{source}.{table}")) == loaded


def test_every_table_of_the_contract_has_the_same_rows_as_its_files(twins: Twins):
    lake = twins.deployment.lake
    with connect() as connection:
        for table in lake.contract.all():
            names = ", ".join(column.name for column in table.columns)
            flat = list(lake.folder(table).glob("*.parquet"))
            pattern = lake.folder(table) / ("*.parquet" if flat else "*/*.parquet")
            [(expected,)] = connection.execute(
                f"select count(*) from (select {names} from read_parquet('{pattern}', "
                "union_by_name = true, hive_partitioning = false))"
            ).fetchall()
            found = twins.ask(
                f"select count(*) from (select {names} from lake.{table.source}.{table.name})"
            )
            assert found == [(expected,)], table.full_name


def test_the_operation_can_be_repeated(twins: Twins):
    before = twins.ask('select * from lake.events."events$properties"')
    assert twins.deployment.dbt("run-operation", "create_external_tables", engine="trino")
    assert twins.ask('select * from lake.events."events$properties"') == before
