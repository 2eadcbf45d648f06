"""An object as a path: names, pages, parts, and what a store may do while one reads."""

import os
import pickle
from pathlib import Path

import pytest

from marquee.objectstore import ObjectChangedError, ObjectPath
from marquee.objectstore.object_path import PART_BYTES
from marquee.store import StoreError
from tests.python.objectstore.store import BUCKET, Store


def test_names_are_those_of_paths_and_the_scheme_stays():
    root = ObjectPath("s3://bucket/landing")
    path = root / "events" / "a.csv"
    assert str(path) == f"{path}" == "s3://bucket/landing/events/a.csv"
    assert (path.bucket, path.key, path.name) == ("bucket", "landing/events/a.csv", "a.csv")
    assert path.relative_to(root).as_posix() == "events/a.csv"
    assert path.parent == root / "events"
    assert path.with_name("b.csv") == ObjectPath("s3://bucket/landing/events/b.csv")
    assert path.absolute() == path.resolve() == path
    assert pickle.loads(pickle.dumps(path)) == path  # noqa: S301 - its own
    assert isinstance(path.parent, ObjectPath)


@pytest.mark.parametrize(
    "touch",
    [os.stat, lambda path: path.rename("b"), lambda path: path.chmod(0o600), Path.touch, open],
)
def test_what_a_store_can_not_do_touches_no_folder(touch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError, match="is in an object store"):
        touch(ObjectPath("s3://bucket/a"))
    assert list(tmp_path.iterdir()) == []


def test_more_objects_than_a_page_holds_are_listed_and_removed(root: ObjectPath, store: Store):
    for number in range(1003):
        store.backend.put_object(BUCKET, f"{root.key}/d{number % 2}/{number:04}.csv", b"x")
    store.backend.put_object(BUCKET, f"{root.key}er/other.csv", b"x")
    assert len(list(root.entries())) == 1003
    assert store.count("list-type=2") == 2
    assert len(list(root.glob("d1/*.csv"))) == 501
    assert sorted(path.name for path in root.iterdir()) == ["d0", "d1"]
    assert [str(path) for path in root.glob("*/0007.csv")] == [f"{root}/d1/0007.csv"]
    root.remove_tree()
    assert not root.is_dir()
    assert root.with_name(f"{root.name}er").is_dir()


def test_a_large_file_goes_up_in_parts_and_comes_back_the_same(
    root: ObjectPath, store: Store, tmp_path: Path
):
    content = os.urandom(2 * PART_BYTES + 12345)
    (tmp_path / "large").write_bytes(content)
    store.fail("PUT .*partNumber=2", times=2)
    (root / "large").upload(tmp_path / "large")
    assert store.count("PUT .*partNumber=") == 3 + 2
    assert store.count("POST .*uploadId=") == 1
    (root / "large").download(tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    assert (tmp_path / "back").stat().st_mode & 0o777 == 0o600
    with (root / "large").open("rb") as stream:
        stream.seek(-5, os.SEEK_END)
        assert stream.read() == content[-5:]
        stream.seek(PART_BYTES)
        assert stream.read(7) == content[PART_BYTES : PART_BYTES + 7]


def test_an_upload_that_fails_leaves_what_was_there(root: ObjectPath, store: Store, tmp_path: Path):
    path = root / "a"
    path.write_bytes(b"before")
    (tmp_path / "large").write_bytes(bytes(PART_BYTES + 1))
    store.fail("PUT .*partNumber=2", times=100)
    with pytest.raises(StoreError, match=f"{path}: the store failed"):
        path.upload(tmp_path / "large")
    assert path.read_bytes() == b"before"
    # It is given up: its parts cost nothing.
    assert store.count("DELETE .*uploadId=") == 1


def test_an_empty_object_is_read(root: ObjectPath):
    (root / "empty").write_bytes(b"")
    assert (root / "empty").read_bytes() == b""


def test_an_object_that_is_replaced_while_it_is_read_is_noticed(root: ObjectPath, store: Store):
    path = root / "a"
    path.write_bytes(b"a" * 5_000_000)
    with path.open("rb") as stream:
        assert stream.read(10) == b"a" * 10
        path.write_bytes(b"b" * 5_000_000)
        stream.seek(4_000_000)
        with pytest.raises(ObjectChangedError):
            stream.read(10)


def test_a_connection_that_breaks_is_made_anew_where_it_broke(root: ObjectPath, store: Store):
    content = os.urandom(3_000_000)
    (root / "a").write_bytes(content)
    store.requests.clear()
    store.cuts += [100_000, 1_500_000]
    assert (root / "a").read_bytes() == content
    assert store.count("GET ") == 3


def test_only_one_can_create_an_object(root: ObjectPath):
    assert (root / "lock").create(b"first")
    assert not (root / "lock").create(b"second")
    assert (root / "lock").read_bytes() == b"first"


def test_a_signature_changes_with_the_content(root: ObjectPath):
    path = root / "a"
    path.write_bytes(b"one")
    before = path.stat()
    path.write_bytes(b"two")
    assert path.stat().st_ino != before.st_ino
    assert path.stat().st_size == 3
    assert abs(path.stat().st_mtime_ns - before.st_mtime_ns) < 60_000_000_000


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ("403 Forbidden", "InvalidAccessKeyId", "refuses the credentials .* AWS_ACCESS_KEY_ID"),
        ("403 Forbidden", "AccessDenied", "gives no access .* list, read, write and delete"),
        ("404 Not Found", "NoSuchBucket", f"there is no bucket {BUCKET}. Create it"),
        ("503 Slow Down", "SlowDown", r"the store failed \(SlowDown\)"),
    ],
)
def test_errors_name_the_root_and_the_remedy(root: ObjectPath, store: Store, status, code, words):
    store.fail("GET", times=100, status=status, code=code)
    with pytest.raises(StoreError, match=f"{root}: .*{words}"):
        root.check()


def test_a_lost_store_is_named(root: ObjectPath, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StoreError, match=f"{root}: http://127.0.0.1:9 does not answer"):
        root.check()
