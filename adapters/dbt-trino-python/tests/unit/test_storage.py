"""URIs to file systems, and the names of temporary things."""

from datetime import UTC, datetime, timedelta

import pytest
from pyarrow import fs

from dbt.adapters.trino_python.reading import NotDirectlyReadableError, identifier_parts
from dbt.adapters.trino_python.staging import born_at, staged_name
from dbt.adapters.trino_python.storage import Storage

LOCAL_OPTIONS = {"endpoint_override": "http://localhost:1", "region": "us-east-1"}


@pytest.mark.parametrize(
    ("uri", "kind", "path"),
    [
        ("file:///a/b c/%3D", fs.LocalFileSystem, "/a/b c/%3D"),
        ("file:/a", fs.LocalFileSystem, "/a"),
        ("/a", fs.LocalFileSystem, "/a"),
        ("s3://bucket/a/b", fs.S3FileSystem, "bucket/a/b"),
        ("s3a://bucket/a/b", fs.S3FileSystem, "bucket/a/b"),
    ],
)
def test_uris(uri, kind, path):
    file_system, inside = Storage(LOCAL_OPTIONS).resolve(uri)
    assert isinstance(file_system, kind)
    assert inside == path


def test_folders(tmp_path):
    storage = Storage({})
    folder = tmp_path.as_uri() + "/a/b"
    storage.remove_folder(folder)
    assert storage.folder_names(folder) == storage.file_paths(folder) == []
    storage.create_folder(folder)
    for name in ("part", ".crc", "_SUCCESS"):
        (tmp_path / "a" / "b" / name).touch()
    assert storage.folder_names(tmp_path.as_uri() + "/a") == ["b"]
    assert storage.file_paths(folder) == [str(tmp_path / "a" / "b" / "part")]
    storage.remove_folder(folder)
    assert not (tmp_path / "a" / "b").exists()


def test_names_are_unique_and_tell_their_age():
    name, other = staged_name("output"), staged_name("output")
    assert name != other
    assert abs(born_at(name) - datetime.now(UTC)) < timedelta(minutes=1)
    assert born_at("dbt_python_20200101t000000_0123456789ab_input").year == 2020
    for foreign in ("dbt_python_tests", "orders", f"{name}.parquet", f"my_{name}"):
        assert born_at(foreign) is None


def test_names_of_relations():
    assert identifier_parts('"lake"."a ""b"""."c.d"') == ["lake", 'a "b"', "c.d"]
    assert identifier_parts("lake.s.t") == ["lake", "s", "t"]
    for text in ("s.t", "a.b.c.d", "(select 1)", '"a"."b"."c" x', "a.b.", ""):
        with pytest.raises(NotDirectlyReadableError):
            identifier_parts(text)
