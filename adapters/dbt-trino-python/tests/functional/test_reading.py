"""Direct reading of Iceberg tables reflects the current snapshot, and falls back to unloading."""

import pytest
from dbt.tests.util import run_dbt

COPY = """
def model(dbt, session):
    dbt.config(materialized="table")
    return dbt.source("raw", "{table}")
"""

SOURCES = """
sources:
  - name: raw
    schema: "{{ target.schema }}"
    tables: [{name: changed}, {name: evolved}, {name: partitioned}, {name: no_rows}, {name: orc}]
  - name: hive
    database: "{{ target.staging_catalog }}"
    schema: "{{ target.schema }}"
    tables: [{name: plain}]
"""

TABLES = ("changed", "evolved", "partitioned", "no_rows", "orc")

# Each list of statements makes one table.
STATEMENTS = """
create table {schema}.changed as
    select i as id, 'v' || cast(i as varchar) as v from unnest(sequence(1, 1000)) as t (i);
delete from {schema}.changed where id % 10 = 0;
update {schema}.changed set v = 'updated' where id = 7;
merge into {schema}.changed c using (values (8, 'merged'), (2000, 'new')) n (id, v) on c.id = n.id
    when matched then update set v = n.v when not matched then insert values (n.id, n.v);
create table {schema}.evolved as select 1 as id, 'a' as old_name, 10 as number, 'gone' as dropped;
alter table {schema}.evolved rename column old_name to new_name;
alter table {schema}.evolved add column added varchar;
alter table {schema}.evolved alter column number set data type bigint;
alter table {schema}.evolved drop column dropped;
alter table {schema}.evolved add column dropped varchar;
insert into {schema}.evolved values (2, 'b', 20, 'x', 'back');
create table {schema}.partitioned with (partitioning = array['part', 'bucket(id, 3)']) as
    select i as id, 'p' || cast(i % 3 as varchar) as part from unnest(sequence(1, 50)) as t (i);
insert into {schema}.partitioned values (51, null);
create table {schema}.no_rows (id integer, v decimal(5, 2), at timestamp(6));
create table {schema}.orc with (format = 'ORC') as select 1 as id, 'x' as v
"""


class TestReading:
    @pytest.fixture(scope="class")
    def models(self):
        copies = {f"copy_{table}.py": COPY.format(table=table) for table in TABLES}
        view_copy = COPY.format(table="").replace('source("raw", "")', 'ref("some_view")')
        hive_copy = COPY.format(table="plain").replace('"raw"', '"hive"')
        return {
            "sources.yml": SOURCES,
            "some_view.sql": "select id, v from {{ source('raw', 'changed') }}",
            "copy_view.py": view_copy,
            "copy_hive.py": hive_copy,
            **copies,
        }

    def test_copies_are_equal(self, project, fetch, column_types, server, assert_no_staging):
        schema = f"{project.database}.{project.test_schema}"
        hive_schema = f"{server.staging_catalog}.{project.test_schema}"
        for statement in STATEMENTS.split(";"):
            project.run_sql(statement.format(schema=schema))
        project.run_sql(f"create schema {hive_schema}")
        project.run_sql(f"create table {hive_schema}.plain as select tinyint '1' as id, 'x' as v")
        try:
            for mode in ("auto", "unload"):
                run_dbt(["run"] if mode == "auto" else ["run", "--target", "unloading"])
                for table in TABLES:
                    self.assert_equal(fetch, column_types, table, f"copy_{table}")
                self.assert_equal(fetch, column_types, "changed", "copy_view")
                assert fetch("select id, v from {schema}.copy_hive") == [[1, "x"]]
        finally:
            project.run_sql(f"drop schema {hive_schema} cascade")
        assert fetch("select * from {schema}.copy_evolved order by id") == [
            [1, "a", 10, None, None],
            [2, "b", 20, "x", "back"],
        ]
        assert fetch("select count(*), count_if(v = 'merged') from {schema}.copy_changed") == [
            [901, 1]
        ]
        assert_no_staging()

    @staticmethod
    def assert_equal(fetch, column_types, original, copy):
        assert column_types(copy) == column_types(original)
        for one, other in ((original, copy), (copy, original)):
            difference = f"select * from {{schema}}.{one} except select * from {{schema}}.{other}"
            assert fetch(difference) == []
        counts = (f"(select count(*) from {{schema}}.{table})" for table in (original, copy))
        assert fetch(f"select {' = '.join(counts)}") == [[True]]

    @pytest.fixture(scope="class")
    def profiles_config_update(self, dbt_profile_target, unique_schema):
        target = {**dbt_profile_target, "schema": unique_schema}
        return {
            "test": {
                "outputs": {"default": target, "unloading": {**target, "python_read": "unload"}},
                "target": "default",
            }
        }


USES_RELATION = """
def model(dbt, session):
    dbt.config(materialized="table")
    numbers = dbt.ref("numbers")
    assert session.sql("select current_setting('TimeZone')").fetchone() == ("UTC",)
    assert numbers.limit(2).fetchall() == numbers.limit(2).fetchall()
    assert len(numbers.df()) == 10 == len(numbers.pl())
    assert numbers.to_arrow_table().num_rows == 10
    assert numbers.filter("moment = timestamptz '2020-01-05 00:00:00+00'").fetchall()[0][0] == 5
    assert numbers.filter("amount > 9.5 and name like 'n%'").fetchall()[0][0] == 10
    other = dbt.source("this_schema", "numbers")
    return session.sql("select count(*) as pairs from numbers join other using (id)")
"""


class TestRelations:
    """A relation can be used as often, and in all the ways, as one of DuckDB's own."""

    @pytest.fixture(scope="class")
    def models(self):
        return {
            "sources.yml": """
sources:
  - name: this_schema
    schema: "{{ target.schema }}"
    tables: [{name: numbers}]
""",
            "numbers.sql": """
{{ config(materialized='table') }}
select
    i as id,
    cast(i as decimal(12, 8)) as amount,
    'n' || cast(i as varchar) as name,
    date_add('day', i - 1, timestamp '2020-01-01 00:00:00 UTC') as moment
from unnest(sequence(1, 10)) as t (i)
""",
            "uses_relation.py": USES_RELATION,
        }

    def test_relations(self, project, fetch):
        run_dbt(["run", "--select", "numbers"])
        run_dbt(["run", "--select", "uses_relation"])
        assert fetch("select pairs from {schema}.uses_relation") == [[10]]
