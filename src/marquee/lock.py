"""One writer at a time for landing, lake, warehouse and published files."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LockedError(Exception):
    """Somebody else is writing; the message says who."""


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the lock file in ``folder``.

    The operating system frees it when the process and its children have ended, however they ended:
    there is no stale lock to remove after a kill.

    Raises:
        LockedError: if another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as stream:
        # A child (dbt) keeps the lock if this process is killed and the child goes on.
        os.set_inheritable(stream.fileno(), True)
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            holder = stream.read().strip() or "unknown"
            raise LockedError(
                f"Another marquee command is writing here (process {holder}). "
                "Wait for it to end, then run this again."
            ) from None
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield


def is_held(folder: Path) -> bool:
    """True while somebody holds the lock file in ``folder``."""
    try:
        with exclusive(folder):
            return False
    except LockedError:
        return True
