"""The incremental materialisation: every strategy, full refresh, changes of the schema."""

import pytest
from dbt.tests.util import run_dbt, run_dbt_and_capture

MODEL = """
def model(dbt, session):
    if not dbt.is_incremental:
        rows = "(1, 'old', timestamptz '2020-01-01 00:00:00+00'), (2, 'old', null)"
    else:
        # The table as it is, read by its own name as dbt-duckdb allows it.
        highest = session.sql(f"select max(id) from {dbt.this}").fetchone()[0]
        assert dbt.this.identifier in str(dbt.this)
        day = "timestamptz '2020-01-02 00:00:00+00'"
        rows = f"({highest}, 'new', {day}), ({highest + 1}, 'new', null)"
    return session.sql(f"select * from (values {rows}) as t (id, version, seen)")
"""

STRATEGIES = """
models:
  - name: appended
    config: {materialized: incremental, incremental_strategy: append}
  - name: by_default
    config: {materialized: incremental}
  - name: deleted_and_inserted
    config: {materialized: incremental, incremental_strategy: delete+insert, unique_key: id}
  - name: merged
    config: {materialized: incremental, incremental_strategy: merge, unique_key: id}
  - name: merged_by_two
    config: {materialized: incremental, incremental_strategy: merge, unique_key: [id, version]}
  - name: merged_in_part
    config:
      {materialized: incremental, incremental_strategy: merge, unique_key: id,
       merge_exclude_columns: [version]}
  - name: batched
    config:
      {materialized: incremental, incremental_strategy: microbatch, unique_key: id,
       event_time: seen, begin: "2024-01-01", batch_size: year}
"""

FIRST = [[1, "old"], [2, "old"]]
SECOND = {
    "appended": [*FIRST, [2, "new"], [3, "new"]],
    "by_default": [*FIRST, [2, "new"], [3, "new"]],
    "deleted_and_inserted": [[1, "old"], [2, "new"], [3, "new"]],
    "merged": [[1, "old"], [2, "new"], [3, "new"]],
    "merged_by_two": [*FIRST, [2, "new"], [3, "new"]],
    "merged_in_part": [[1, "old"], [2, "old"], [3, "new"]],
}


class TestStrategies:
    @pytest.fixture(scope="class")
    def models(self):
        names = (*SECOND, "batched")
        return {"models.yml": STRATEGIES, **{f"{name}.py": MODEL for name in names}}

    def test_strategies(self, project, fetch, column_types, assert_no_staging):
        def rows(name):
            return sorted(fetch(f"select id, version from {{schema}}.{name}"), key=str)

        run_dbt(["run", "--select", *SECOND])
        for name in SECOND:
            assert rows(name) == FIRST
        run_dbt(["run", "--select", *SECOND])
        for name, expected in SECOND.items():
            assert rows(name) == sorted(expected, key=str)
            assert column_types(name)["seen"] == "timestamp(6) with time zone"
        assert fetch("select count(*) from {schema}.appended where seen is not null") == [[2]]
        run_dbt(["run", "--full-refresh", "--select", *SECOND])
        for name in SECOND:
            assert rows(name) == FIRST
        assert_no_staging()

    def test_microbatch_is_refused(self, project):
        # dbt shows the message of a batch in its log only.
        _, log = run_dbt_and_capture(["run", "--select", "batched"], expect_pass=False)
        assert "Python models cannot use the incremental strategy 'microbatch'" in log


CHANGING = """
def model(dbt, session):
    dbt.config(materialized="incremental")
    if not dbt.is_incremental:
        return session.sql("select 1 as id, 'gone' as dropped, 'x' as kept")
    return session.sql("select 2 as id, 'y' as kept, 'new' as added")
"""

REACTIONS = """
models:
  - {name: ignores, config: {on_schema_change: ignore}}
  - {name: fails, config: {on_schema_change: fail}}
  - {name: appends, config: {on_schema_change: append_new_columns}}
  - {name: syncs, config: {on_schema_change: sync_all_columns}}
"""

AFTER_CHANGE = {
    "fails": {"id": [[1]], "dropped": [["gone"]], "kept": [["x"]]},
    "appends": {
        "id": [[1], [2]],
        "dropped": [["gone"], [None]],
        "kept": [["x"], ["y"]],
        "added": [[None], ["new"]],
    },
    "syncs": {"id": [[1], [2]], "kept": [["x"], ["y"]], "added": [[None], ["new"]]},
}

# As for SQL models `ignore` leaves new columns out, and needs all old ones.
IGNORABLE = CHANGING.replace("2 as id,", "2 as id, 'also' as dropped,")


class TestSchemaChange:
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "models.yml": REACTIONS,
            "ignores.py": IGNORABLE,
            **{f"{name}.py": CHANGING for name in AFTER_CHANGE},
        }

    def test_reactions(self, project, fetch, column_types, assert_no_staging):
        run_dbt(["run"])
        results = run_dbt(["run"], expect_pass=False)
        statuses = {result.node.name: str(result.status) for result in results}
        assert statuses == {
            "ignores": "success",
            "fails": "error",
            "appends": "success",
            "syncs": "success",
        }
        for name, columns in AFTER_CHANGE.items():
            assert list(column_types(name)) == list(columns)
            for column, values in columns.items():
                assert fetch(f"select {column} from {{schema}}.{name} order by id") == values
        assert list(column_types("ignores")) == ["id", "dropped", "kept"]
        assert fetch("select * from {schema}.ignores order by id") == [
            [1, "gone", "x"],
            [2, "also", "y"],
        ]
        assert_no_staging()
