import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from marquee.objectstore import ObjectPath
from marquee.paths import Paths
from tests.python.conftest import PROJECT, Deployment
from tests.python.objectstore.store import BUCKET, Store

SECRET = "a-secret-of-the-tests-of-object-stores"


@pytest.fixture(scope="session")
def server() -> Iterator[Store]:
    store = Store()
    yield store
    store.stop()


@pytest.fixture
def store(server: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The server, and an environment that leads to it."""
    server.reset()
    for name, value in {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "key-of-the-tests",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "3",
    }.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def root(store: Store) -> ObjectPath:
    """A prefix of the test's own."""
    return ObjectPath(f"s3://{BUCKET}/{uuid.uuid4().hex}")


@pytest.fixture
def deployment(root: ObjectPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A home on disk, its three roots in the store."""
    home = tmp_path / "home"
    home.mkdir()
    paths = Paths(PROJECT, home, root / "landing", root / "lake", root / "published")
    for name, value in paths.environment().items():
        monkeypatch.setenv(name, value)
    return Deployment(paths)
