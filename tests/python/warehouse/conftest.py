"""What tests of several use cases share: one service without a single row."""

import pytest

from tests.python.conftest import Deployment, deployment_in


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A service without a single row, built whole once; tests only read it, or copy it.

    Whole, because publishing reads the models of all use cases.
    """
    deployment = deployment_in(tmp_path_factory.mktemp("empty"))
    deployment.ingest()
    assert deployment.dbt("build", "--exclude", "test_type:data", "test_type:unit")
    return deployment
