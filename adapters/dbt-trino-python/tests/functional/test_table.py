"""The table materialisation: replacement, configuration, failures, and what is left behind."""

import threading
import time

import pytest
import trino
from dbt.tests.util import run_dbt

from dbt.adapters.trino_python.staging import staged_name

VERSION = """
def model(dbt, session):
    dbt.config(materialized="table")
    version = int(dbt.config.get("version"))
    return session.sql(f"select i as id, {version} as version from range(100000) as t (i)")
"""

VERSION_YML = """
models:
  - name: versioned
    config:
      version: "{{ var('version', 0) }}"
"""


class TestReplacement:
    @pytest.fixture(scope="class")
    def models(self):
        return {"versioned.py": VERSION, "versioned.yml": VERSION_YML}

    def test_reader_never_sees_a_missing_or_partial_table(self, project, server):
        run_dbt(["run"])
        table = f"{project.database}.{project.test_schema}.versioned"
        seen, problems, stop = [], [], threading.Event()

        def read_in_a_loop() -> None:
            connection = trino.dbapi.connect(host=server.host, port=server.port, user="dbt")
            while not stop.is_set():
                cursor = connection.cursor()
                try:
                    cursor.execute(f"select count(*), min(version), max(version) from {table}")
                    seen.append(tuple(cursor.fetchone()))
                except trino.exceptions.Error as error:
                    problems.append(str(error))

        reader = threading.Thread(target=read_in_a_loop)
        reader.start()
        try:
            for version in range(1, 6):
                run_dbt(["run", "--vars", f"version: {version}"])
        finally:
            stop.set()
            reader.join()
        assert not problems
        assert len(seen) > 10
        assert all(count == 100_000 and low == high for count, low, high in seen)
        versions = [low for _, low, _ in seen]
        assert versions == sorted(versions)
        assert len(set(versions)) > 2


SIMPLE = """
def model(dbt, session):
    return session.sql("select 1 as id, 'x' as name")
"""

CONFIGURED_YML = """
models:
  - name: configured
    description: It's a table.
    columns:
      - name: id
        description: The "key".
    config:
      materialized: table
      persist_docs: {relation: true, columns: true}
      properties: {partitioning: "array['id']", format: "'ORC'"}
      pre_hook: "create table if not exists {{ target.schema }}.hooks as select 'before' as hook"
      post_hook: "insert into {{ target.schema }}.hooks select name || '-after' from {{ this }}"
  - name: was_a_view
    config: {materialized: table}
  - name: dropped
    config: {materialized: table, on_table_exists: drop}
  - name: renamed
    config: {materialized: table, on_table_exists: rename}
  - name: skipped
    config: {materialized: table, on_table_exists: skip}
  - name: misconfigured
    config: {materialized: table, on_table_exists: burn}
  - name: a_view
    config: {materialized: view}
  - name: batched
    config:
      {materialized: incremental, incremental_strategy: microbatch, event_time: id,
       begin: "2024-01-01", batch_size: year}
"""

NAMES = ("configured", "was_a_view", "dropped", "renamed", "skipped")
REFUSED = ("misconfigured", "a_view", "batched")


class TestConfiguration:
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "models.yml": CONFIGURED_YML,
            **{f"{name}.py": SIMPLE for name in (*NAMES, *REFUSED)},
        }

    def test_configuration(self, project, fetch, assert_no_staging):
        schema = f"{project.database}.{project.test_schema}"
        project.run_sql(f"create view {schema}.was_a_view as select 0 as id")
        for name in ("dropped", "renamed", "skipped"):
            project.run_sql(f"create table {schema}.{name} as select 0 as other")
        for _ in range(2):
            run_dbt(["run", "--select", *NAMES])
            for name in ("configured", "was_a_view", "dropped", "renamed"):
                assert fetch(f"select * from {{schema}}.{name}") == [[1, "x"]]
            assert fetch("select * from {schema}.skipped") == [[0]]

        ddl = str(fetch("show create table {schema}.configured")[0][0])
        assert "partitioning = ARRAY['id']" in ddl
        assert "format = 'ORC'" in ddl
        assert "COMMENT 'It''s a table.'" in ddl
        assert "COMMENT 'The \"key\".'" in ddl
        assert sorted(fetch("select hook from {schema}.hooks")) == [
            ["before"],
            ["x-after"],
            ["x-after"],
        ]
        tables = {row[0] for row in fetch("show tables from {schema}")}
        assert tables == {*NAMES, "hooks"}
        assert_no_staging()

    def test_refused(self, project):
        results = run_dbt(["run", "--select", *REFUSED], expect_pass=False)
        messages = {result.node.name: result.message for result in results}
        assert (
            "Invalid value for on_table_exists (burn) of a Python model"
            in (messages["misconfigured"])
        )
        assert "only supports languages ['sql']; got \"python\"" in messages["a_view"]


FAILING = """


import math


def helper(value):
    return math.sqrt(value)


def model(dbt, session):
    dbt.config(materialized="table")
    rows = dbt.ref("good")
    return helper(-1.0)
"""

STAGED_THEN_REFUSED = """
def model(dbt, session):
    # Trino has no partition function of this name: the last statement fails.
    dbt.config(materialized="table", properties={"partitioning": "array['nonsense(id)']"})
    return dbt.ref("good")
"""

MISSING_LIBRARY = """
import no_such_library


def model(dbt, session):
    dbt.config(materialized="table")
    return dbt.ref("good")
"""


class TestFailures:
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "good.sql": "select 1 as id",
            "failing.py": SIMPLE,
            "staged_then_refused.py": SIMPLE,
            "missing_library.py": SIMPLE,
            "models.yml": "models: [{name: missing_library, config: {materialized: table}}]",
        }

    @pytest.fixture(scope="class")
    def project_config_update(self):
        return {"models": {"+materialized": "table"}}

    def test_old_table_stays_and_line_is_named(self, project, fetch, assert_no_staging):
        run_dbt(["run"])
        for name, code in (
            ("failing", FAILING),
            ("staged_then_refused", STAGED_THEN_REFUSED),
            ("missing_library", MISSING_LIBRARY),
        ):
            (project.project_root / "models" / f"{name}.py").write_text(code, encoding="utf-8")
        results = run_dbt(["run"], expect_pass=False)
        messages = {result.node.name: result.message for result in results}

        line = FAILING.splitlines().index("    return math.sqrt(value)") + 1
        assert (
            f"Python model failing failed in models/failing.py, line {line}:\n"
            "      return math.sqrt(value)\n  ValueError: " in messages["failing"]
        )
        assert 'models/failing.py", line 14, in model\n' in messages["failing"]
        assert "    return helper(-1.0)\n" in messages["failing"]
        assert "submission.py" not in messages["failing"]
        assert "nonsense" in messages["staged_then_refused"]
        assert "line 2:\n      import no_such_library\n" in messages["missing_library"]
        for name in ("failing", "staged_then_refused", "missing_library"):
            assert fetch(f"select * from {{schema}}.{name}") == [[1, "x"]]
        assert_no_staging()


class TestLeftovers:
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "simple.py": SIMPLE.replace(
                "session):", "session):\n    dbt.config(materialized='table')"
            )
        }

    def test_old_ones_are_removed_and_young_ones_stay(
        self, project, server, staging_schema, staging_path
    ):
        run_dbt(["run"])  # makes schema and folder
        schema = f"{server.staging_catalog}.{staging_schema}"
        old = "dbt_python_20200101t000000_0123456789ab_output"
        old_view = old.replace("output", "result")
        young = staged_name("output")
        foreign = "not_of_this_adapter"
        for name in (old, young, foreign):
            folder = staging_path / name
            folder.mkdir()
            (folder / "part-0.parquet").write_bytes(b"")
            project.run_sql(
                f"create table {schema}.{name} (id integer) "
                f"with (format = 'PARQUET', external_location = '{folder.as_uri()}')"
            )
        project.run_sql(f"create view {schema}.{old_view} as select 1 as id")
        run_dbt(["run"])
        tables = {row[0] for row in project.run_sql(f"show tables from {schema}", "all")}
        assert tables == {young, foreign}
        folders = {path.name for path in staging_path.iterdir()}
        assert folders == {young, foreign}
        for name in (young, foreign):
            project.run_sql(f"drop table {schema}.{name}")
            (staging_path / name / "part-0.parquet").unlink()
            (staging_path / name).rmdir()


class TestMissingSettings:
    @pytest.fixture(scope="class")
    def models(self):
        return {"simple.py": SIMPLE, "sql_model.sql": "select 1 as id"}

    @pytest.fixture(scope="class")
    def project_config_update(self):
        return {"models": {"+materialized": "table"}}

    @pytest.fixture(scope="class")
    def dbt_profile_target(self, trino_python_target):
        return {
            name: value
            for name, value in trino_python_target.items()
            if not name.startswith("staging_")
        }

    def test_only_python_models_need_them(self, project):
        results = run_dbt(["run"], expect_pass=False)
        messages = {result.node.name: result.message for result in results}
        assert messages["sql_model"].startswith("CREATE TABLE")
        assert (
            "Python models need the profile fields `staging_catalog` and `staging_location`"
            in (messages["simple"])
        )


SLOW = """
import time


def model(dbt, session):
    dbt.config(materialized="table")
    began = time.time()
    session.execute("create table t as select 1 as id")  # each model has its own database
    rows = dbt.ref("{first}").union(dbt.ref("{second}")).fetchall()
    time.sleep(1)
    return session.sql(f"select {{began}} as began, {{time.time()}} as ended, {{len(rows)}} as n")
"""


class TestParallelModels:
    @pytest.fixture(scope="class")
    def models(self):
        view = "{{ config(materialized='view') }} select 1 as id union all select 2"
        return {
            "a_view.sql": view,
            "b_view.sql": view,
            **{f"model_{n}.py": SLOW.format(first="a_view", second="b_view") for n in range(4)},
        }

    @pytest.fixture(scope="class")
    def dbt_profile_target(self, trino_python_target):
        # A schema that is not there: four threads want to make it at once.
        schema = f"{trino_python_target['staging_schema']}_{int(time.time())}"
        return {**trino_python_target, "staging_schema": schema}

    def test_models_overlap(self, project, fetch, server, dbt_profile_target):
        run_dbt(["run"])
        rows = [fetch(f"select * from {{schema}}.model_{n}")[0] for n in range(4)]
        assert [row[2] for row in rows] == [4] * 4
        assert max(row[0] for row in rows) < min(row[1] for row in rows)
        schema = f"{server.staging_catalog}.{dbt_profile_target['staging_schema']}"
        assert project.run_sql(f"show tables from {schema}", "all") == []
        project.run_sql(f"drop schema {schema}")
