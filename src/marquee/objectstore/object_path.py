"""One object of a store, or all below a prefix, as a path."""

from __future__ import annotations

import datetime as dt
import fnmatch
import hashlib
import io
import os
import shutil
import stat
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PosixPath
from typing import Any, NoReturn

from marquee.objectstore.client import ATTEMPTS, CHANGED, SCHEME, client, error_code, told
from marquee.store import StoreError

PART_BYTES = 8 << 20
"""Larger files go up in parts of this size; the object is there when all of them are."""
COPY_BYTES = 1 << 20
DELETED_TOGETHER = 1000
"""As many keys as one request may name."""
COLLAPSED = SCHEME[:-1]
"""What pathlib makes of the scheme."""


class ObjectChangedError(Exception):
    """An object was replaced while it was being read."""


@dataclass(frozen=True)
class Entry:
    """What the store tells of an object without its content."""

    key: str
    size: int
    etag: str
    """Another one for another content."""
    modified: dt.datetime


class ObjectPath(PosixPath):
    """A key below ``s3://bucket``, or a prefix that stands for a folder.

    There are no folders in a store: one is there as long as an object is in it. What has no meaning
    here (rename, links, permissions) fails, because `os` gets no path of it.
    """

    entry: Entry | None = None
    """What a listing told of it; as old as the listing."""

    def __str__(self) -> str:
        text = super().__str__()
        is_whole = text.startswith(COLLAPSED) and not text.startswith(SCHEME)
        return SCHEME + text[len(COLLAPSED) :] if is_whole else text

    def __fspath__(self) -> NoReturn:
        raise TypeError(f"{self} is in an object store: no program opens it as a file")

    @property
    def bucket(self) -> str:
        """The bucket that it is in."""
        return self.parts[1]

    @property
    def key(self) -> str:
        """The key within the bucket."""
        return "/".join(self.parts[2:])

    def absolute(self) -> ObjectPath:
        """Itself: there is no folder that one is in."""
        return self

    def resolve(self, strict: bool = False) -> ObjectPath:  # noqa: ARG002 - as in pathlib
        """Itself: there are no links."""
        return self

    # Looking.

    def head(self) -> Entry:
        """What the store tells of the object now.

        Raises:
            FileNotFoundError: if there is none.
        """
        with told(str(self)):
            found = client().head_object(Bucket=self.bucket, Key=self.key)
        return Entry(self.key, found["ContentLength"], found["ETag"], found["LastModified"])

    def entries(self) -> Iterator[Entry]:
        """Every object below it, page by page, in order of their keys."""
        with told(str(self)):
            pages = client().get_paginator("list_objects_v2")
            prefix = f"{self.key}/" if self.key else ""
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    yield Entry(found["Key"], found["Size"], found["ETag"], found["LastModified"])

    def objects(self) -> Iterator[ObjectPath]:
        """Every object below it as a path that knows its entry."""
        for entry in self.entries():
            yield self._at(entry.key, entry)

    def check(self) -> None:
        """Make sure that the root can be listed.

        Raises:
            StoreError: if the store does not answer, has no such bucket or gives no access.
        """
        next(self.entries(), None)

    def exists(self, **_options: Any) -> bool:
        """True if there is such an object, or one below it."""
        return self.is_file() or self.is_dir()

    def is_file(self, **_options: Any) -> bool:
        """True if there is such an object now."""
        try:
            self.head()
        except FileNotFoundError:
            return False
        return True

    def is_dir(self, **_options: Any) -> bool:
        """True if any object is below it."""
        return next(self.entries(), None) is not None

    def stat(self, **_options: Any) -> os.stat_result:
        """Size and time; the inode is made from the ETag: other content has another one."""
        entry = self.entry or self.head()
        nanoseconds = int(entry.modified.timestamp() * 1_000_000_000)
        seconds = nanoseconds // 1_000_000_000
        inode = int.from_bytes(hashlib.sha256(entry.etag.encode()).digest()[:7])
        return os.stat_result(
            (stat.S_IFREG, inode, 0, 1, 0, 0, entry.size, seconds, seconds, seconds),
            {"st_mtime_ns": nanoseconds},
        )

    def glob(self, pattern: str, **_options: Any) -> Generator[ObjectPath, None, None]:
        """Objects and prefixes below it whose parts match those of the pattern (no ``**``)."""
        wanted = pattern.split("/")
        seen = set()
        for entry in self.joinpath(*_literals(wanted[:-1])).entries():
            parts = entry.key.split("/")[len(self.parts) - 2 :]
            if len(parts) < len(wanted) or not all(map(fnmatch.fnmatchcase, parts, wanted)):
                continue
            found = self.joinpath(*parts[: len(wanted)])
            if found not in seen:
                seen.add(found)
                if len(parts) == len(wanted):
                    found.entry = entry
                yield found

    def rglob(self, pattern: str, **_options: Any) -> Generator[ObjectPath, None, None]:
        """Objects at any depth whose names match."""
        for path in self.objects():
            if fnmatch.fnmatchcase(path.name, pattern):
                yield path

    def iterdir(self) -> Generator[ObjectPath, None, None]:
        """Objects and prefixes right below it."""
        yield from self.glob("*")

    # Reading.

    def open(self, mode: str = "r", *_ignored: Any, **options: Any) -> Any:
        """Read one state of the object, in order or from anywhere.

        Raises:
            FileNotFoundError: if there is none.
            ObjectChangedError: when it is read further though it was replaced.
        """
        if mode not in ("r", "rb"):
            raise ValueError(f"{self} is written as a whole, not opened as {mode}")
        stream = io.BufferedReader(_ObjectStream(self), COPY_BYTES)
        return stream if mode == "rb" else io.TextIOWrapper(stream, options.get("encoding"))

    def read_bytes(self) -> bytes:
        """Its whole content."""
        with self.open("rb") as stream:
            return bytes(stream.read())

    def read_text(self, encoding: str | None = None, errors: str | None = None, **_: Any) -> str:
        """Its whole content as text."""
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def download(self, target: Path) -> Entry:
        """Copy one state of the object to a file that only its owner can read.

        Returns:
            What the store tells of that state.

        Raises:
            FileNotFoundError, ObjectChangedError: see `open`.
        """
        source = _ObjectStream(self)
        target.touch(mode=0o600)
        with source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, COPY_BYTES)
        return source.entry

    # Writing: an object appears whole or not at all.

    def upload(self, source: Path) -> None:
        """Put a file's content here; what stood here before is read until the last byte is there.

        A failed upload is given up. What a kill leaves of one is no object, and nobody sees it.
        """
        from boto3.s3.transfer import TransferConfig

        configuration = TransferConfig(
            multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=4
        )
        with told(str(self)):
            client().upload_file(str(source), self.bucket, self.key, Config=configuration)

    def copy_from(self, source: ObjectPath) -> None:
        """Put the content of another object of this store here; the store itself copies it."""
        with told(str(self)):
            client().copy({"Bucket": source.bucket, "Key": source.key}, self.bucket, self.key)

    def write_bytes(self, data: Any) -> int:
        """Put some bytes here, by one request."""
        content = bytes(data)
        with told(str(self)):
            client().put_object(Bucket=self.bucket, Key=self.key, Body=content)
        return len(content)

    def create(self, content: bytes) -> bool:
        """Put some bytes here unless something stands here; False if it does."""
        from botocore.exceptions import ClientError

        with told(str(self)):
            try:
                client().put_object(Bucket=self.bucket, Key=self.key, Body=content, IfNoneMatch="*")
            except ClientError as error:
                if error_code(error) in (CHANGED, "412", "ConditionalRequestConflict"):
                    return False
                raise
        return True

    def touch(self, *_arguments: Any, **_options: Any) -> None:
        """Let its age begin anew; it has to be there. The store copies it onto itself."""
        with told(str(self)):
            client().copy_object(
                Bucket=self.bucket,
                Key=self.key,
                CopySource={"Bucket": self.bucket, "Key": self.key},
                # Without a change of anything a store refuses.
                MetadataDirective="REPLACE",
            )

    def mkdir(self, *_arguments: Any, **_options: Any) -> None:
        """Nothing: an object brings its prefix along."""

    def unlink(self, missing_ok: bool = True) -> None:  # noqa: ARG002 - a store does not tell
        """Remove the object, if it is there."""
        with told(str(self)):
            client().delete_object(Bucket=self.bucket, Key=self.key)

    def remove_tree(self) -> None:
        """Remove every object below it."""
        keys = (entry.key for entry in self.entries())
        while batch := list(islice(keys, DELETED_TOGETHER)):
            with told(str(self)):
                done = client().delete_objects(
                    Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in batch]}
                )
            if failed := done.get("Errors"):
                raise StoreError(
                    f"{self}: {len(failed)} objects could not be removed ({failed[0]['Code']}). "
                    "Let this account delete there, then run this again."
                )

    def older_version_count(self) -> int:
        """How many states of objects below it a bucket with versions keeps that nobody reads."""
        with told(str(self)):
            pages = client().get_paginator("list_object_versions")
            return sum(
                not version["IsLatest"]
                for page in pages.paginate(Bucket=self.bucket, Prefix=f"{self.key}/")
                for version in page.get("Versions", ())
            )

    def _at(self, key: str, entry: Entry) -> ObjectPath:
        path = ObjectPath(f"{SCHEME}{self.bucket}/{key}")
        path.entry = entry
        return path


class _ObjectStream(io.RawIOBase):
    """The bytes of one state of an object; a connection that breaks is made anew."""

    def __init__(self, path: ObjectPath) -> None:
        self.path = path
        self.entry = path.head()
        self._place = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.entry.size}[whence]
        if base + offset != self._place:
            self._drop()
        self._place = base + offset
        return self._place

    def readinto(self, buffer: Any) -> int:
        from botocore.exceptions import BotoCoreError

        if self._place >= self.entry.size:
            return 0
        with told(str(self.path)):
            for attempt in range(1, ATTEMPTS + 1):
                body = self._body = self._body or self._opened()
                try:
                    content = body.read(len(buffer))
                    break
                except BotoCoreError:
                    # The client tries requests again, but not the content that follows an answer.
                    self._drop()
                    if attempt == ATTEMPTS:
                        raise
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)

    def _opened(self) -> Any:
        from botocore.exceptions import ClientError

        try:
            return client().get_object(
                Bucket=self.path.bucket,
                Key=self.path.key,
                Range=f"bytes={self._place}-",
                IfMatch=self.entry.etag,
            )["Body"]
        except ClientError as error:
            if error_code(error) in (CHANGED, "412", "NoSuchKey", "InvalidRange"):
                raise ObjectChangedError(str(self.path)) from error
            raise

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def close(self) -> None:
        self._drop()
        super().close()


def _literals(parts: Iterable[str]) -> Iterator[str]:
    """The parts before the first that is a pattern."""
    for part in parts:
        if any(character in part for character in "*?["):
            return
        yield part
