"""The Python-model suites of dbt-tests-adapter.

Left out is BasePySparkTests (test_spark.py): it needs pyspark and koalas data frames. Its pandas
model is in test_results.py.
"""

import pytest
from dbt.tests.adapter.python_model.test_python_model import (
    BasePythonEmptyTests,
    BasePythonIncrementalTests,
    BasePythonMetaGetTests,
    BasePythonModelTests,
    BasePythonSampleTests,
    incremental_python,
    m_1,
    schema_yml_with_meta,
)

# Trino's literal for a timestamp at UTC; the suite's "-0" is no offset there.
INPUT_MODEL = """
{{ config(materialized='table', event_time='event_time') }}
select 1 as id, timestamp '2025-01-01 01:25:00 UTC' as event_time
union all
select 2 as id, timestamp '2025-01-02 13:47:00 UTC' as event_time
union all
select 3 as id, timestamp '2025-01-03 01:32:00 UTC' as event_time
"""

# The suite builds its rows with Spark's session.createDataFrame; the assertions are its own.
META_FROM_MODEL = """
def model(dbt, session):
    dbt.config(
        materialized='table',
        meta={'owner': 'data-team', 'priority': 'high', 'version': 2}
    )
    owner = dbt.config.meta_get('owner')
    priority = dbt.config.meta_get('priority', 'low')
    version = dbt.config.meta_get('version')
    missing = dbt.config.meta_get('nonexistent', 'default-value')
    return session.sql(
        "select 1 as id, $1 as owner, $2 as priority, $3 as version, $4 as missing",
        params=[owner, priority, str(version), missing],
    )
"""

# The suite filters as Spark does (`df.id > 5`), which a DuckDBPyRelation cannot.
INCREMENTAL = incremental_python.replace("df.id > 5", "'id > 5'")

META_FROM_SCHEMA = """
def model(dbt, session):
    owner = dbt.config.meta_get('owner')
    environment = dbt.config.meta_get('environment', 'dev')
    return session.sql(
        "select 1 as id, $1 as owner, $2 as environment", params=[owner, environment]
    )
"""


class TestPythonModel(BasePythonModelTests):
    pass


class TestPythonIncremental(BasePythonIncrementalTests):
    @pytest.fixture(scope="class")
    def models(self):
        return {"m_1.sql": m_1, "incremental.py": INCREMENTAL}


class TestPythonMetaGet(BasePythonMetaGetTests):
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "meta_test.py": META_FROM_MODEL,
            "meta_from_schema.py": META_FROM_SCHEMA,
            "schema.yml": schema_yml_with_meta,
        }


class TestPythonEmpty(BasePythonEmptyTests):
    @pytest.fixture(scope="class")
    def input_model_sql(self):
        return INPUT_MODEL


class TestPythonSample(BasePythonSampleTests):
    @pytest.fixture(scope="class")
    def input_model_sql(self):
        return INPUT_MODEL
