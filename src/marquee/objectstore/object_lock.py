"""One writer at a time for a lake in a store, whatever machines its deployments are on.

A store has no locks that end with a process, so the lock is an object that names its holder. One
that was left by a kill is taken over by the deployment that left it: it can't be running still,
because the lock of its own folder is held by whoever asks.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from marquee.lock import LockedError
from marquee.objectstore.object_path import ObjectPath
from marquee.store import StoreError

IDENTITY = "deployment.id"


@contextmanager
def exclusive_object(lock: ObjectPath, folder: Path) -> Iterator[None]:
    """Hold a lock object. The caller holds the lock file in ``folder``.

    Args:
        lock: the object.
        folder: where the identity of this deployment stands.

    Raises:
        LockedError: if another deployment holds it.
    """
    own = _identity(folder)
    content = json.dumps(
        {
            "deployment": own,
            "machine": platform.node(),
            "process": os.getpid(),
            "since": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
    ).encode()
    if not lock.create(content):
        try:
            holder = json.loads(lock.read_text())
        except FileNotFoundError:
            holder = {}
        if holder.get("deployment") != own:
            process, machine, since = (
                holder.get(name, "unknown") for name in ("process", "machine", "since")
            )
            raise LockedError(
                f"Another deployment is writing here (process {process} on {machine}, since "
                f"{since}). Wait for it to end, then run this again. If it was killed: any command "
                f"there that writes frees the lock, or remove {lock}."
            )
        lock.write_bytes(content)
    try:
        yield
    finally:
        # A store that is lost keeps it; this deployment's next command takes it over.
        with suppress(StoreError):
            lock.unlink()


def _identity(folder: Path) -> str:
    path = folder / IDENTITY
    if not path.exists():
        path.write_text(f"{uuid.uuid4()}\n", encoding="ascii")
    return path.read_text(encoding="ascii").strip()
