"""When a disk or a mount is at fault, and not what stands on it."""

from __future__ import annotations

import errno
import os
import re

import duckdb

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ENODEV, errno.ENXIO})
CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
REMEDIES = {
    FULL: "Free space there, or raise the limit",
    GONE: "Mount or restore it",
    CLOSED: "Let this account write there",
    frozenset({errno.EIO}): "Check the disk, restore what it lost",
}


IN_OBJECT_STORE = re.compile(r"\bHTTP\b|could not connect|s3://\S+ .*(ETag|error)", re.IGNORECASE)
"""What DuckDB says where it reads objects."""


class StoreError(Exception):
    """A store can't be used; the message says which, and what to do."""


def store_error(error: Exception) -> StoreError | None:
    """What to tell if a store is at fault; None if it is something else.

    Engines wrap what the system said in words of their own, so the system's words are looked for.
    """
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError(f"{error}. Let it hold more (MARQUEE_MEMORY), then run this again.")
    if isinstance(error, duckdb.IOException) and IN_OBJECT_STORE.search(str(error)):
        told = str(error).partition("\n")[0]
        return StoreError(
            f"{told}. Check the object store, AWS_ENDPOINT_URL, credentials and network, then run "
            "this again: what is half-written is never read."
        )
    for numbers, remedy in REMEDIES.items():
        if _is_of(error, numbers):
            return StoreError(
                f"{error}. {remedy}, then run this again: what is half-written is never read."
            )
    return None


def raise_if_store_failed(error: Exception) -> None:
    """Raise a StoreError if a store is at fault.

    For whoever takes an error of a reader for a fault of the file that is read.
    """
    if found := store_error(error):
        raise found from error


def _is_of(error: Exception, numbers: frozenset[int]) -> bool:
    if isinstance(error, OSError):
        return error.errno in numbers
    return isinstance(error, duckdb.Error) and any(
        os.strerror(number) in str(error) for number in numbers
    )
