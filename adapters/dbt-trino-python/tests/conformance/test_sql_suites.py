"""One class for each SQL suite of dbt-tests-adapter and each of the two adapters."""

import importlib
import pkgutil
from collections.abc import Iterator

import dbt.tests.adapter as suites
import pytest

from .conftest import ADAPTERS, OUTCOMES

# The areas whose suites dbt-trino runs itself. Not here: python_model (tests/functional),
# constraints, grants, functions, materialized_view, catalog_integrations (they need privileges,
# connectors or SQL that the server of these tests does not have, for both adapters).
AREAS = (
    "aliases",
    "basic",
    "caching",
    "column_types",
    "concurrency",
    "dbt_show",
    "empty",
    "ephemeral",
    "hooks",
    "incremental",
    "persist_docs",
    "query_comment",
    "simple_seed",
    "simple_snapshot",
    "store_test_failures_tests",
    "unit_testing",
    "utils",
)


def base_classes() -> Iterator[type]:
    for area in AREAS:
        package = importlib.import_module(f"{suites.__name__}.{area}")
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            for name, kind in sorted(vars(module).items()):
                if (
                    isinstance(kind, type)
                    and kind.__module__ == module.__name__
                    and name.startswith("Base")
                    and any(attribute.startswith("test_") for attribute in dir(kind))
                ):
                    yield kind


def suite_for(base: type, adapter: str) -> type:
    @pytest.fixture(scope="class")
    def dbt_profile_target(self, trino_python_target):
        if adapter == "trino_python":
            return dict(trino_python_target)
        return {
            **{
                name: value
                for name, value in trino_python_target.items()
                if not name.startswith("staging_")
            },
            "type": "trino",
        }

    area = base.__module__.removeprefix(suites.__name__ + ".")
    members = {
        "dbt_profile_target": dbt_profile_target,
        "conformance_adapter": adapter,
        "conformance_suite": f"{area}.{base.__name__}",
        "__module__": __name__,
    }
    return type(f"Test{base.__name__.removeprefix('Base')}_{adapter}", (base,), members)


for _base in base_classes():
    for _adapter in ADAPTERS:
        _suite = suite_for(_base, _adapter)
        globals().setdefault(_suite.__name__, _suite)


def test_nothing_is_worse():
    compared = [outcomes for outcomes in OUTCOMES.values() if set(outcomes) == set(ADAPTERS)]
    assert len(compared) == len(OUTCOMES)
    # Without a baseline that passes, nothing would be compared.
    assert sum(outcomes["trino"] == "passed" for outcomes in compared) >= len(compared) // 3
    worse = [
        key
        for key, outcomes in OUTCOMES.items()
        if outcomes.get("trino") == "passed" and outcomes.get("trino_python") != "passed"
    ]
    assert not worse
