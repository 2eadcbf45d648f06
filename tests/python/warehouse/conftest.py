import pytest
from pathlib import Path
from tests.python.conftest import deployment_in


@pytest.fixture(scope="session")
def built():
    return deployment_in(Path("/tmp/h/tst/tmp/w"))
