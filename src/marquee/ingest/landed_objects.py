"""What is known of landed objects without reading them again: by ETag, the hash of the content.

A memory and nothing more: without it every object of landing is read once, and the lake tells
whether it has it.
"""

from __future__ import annotations

import json
from pathlib import Path

from marquee.objectstore import ObjectPath
from marquee.paths import Paths

FILE = "landed_objects.json"
"""In ``MARQUEE_HOME``."""


def open_objects(paths: Paths) -> LandedObjects:
    """What a deployment remembers."""
    return LandedObjects(paths.home / FILE)


class LandedObjects:
    """Hashes of contents by object and ETag."""

    def __init__(self, path: Path | None = None) -> None:
        """Args: the file to remember in; None to remember for as long as this object lives."""
        self._path = path
        self._known: dict[str, tuple[str, str]] = {}
        self._seen: set[str] = set()
        self._is_changed = False
        if path and path.exists():
            document = json.loads(path.read_text(encoding="utf-8"))
            self._known = {name: (etag, digest) for name, (etag, digest) in document.items()}

    def content_sha256(self, path: Path) -> str | None:
        """Hash of the content as the listing saw the object; None if nobody has read that."""
        if not isinstance(path, ObjectPath) or path.entry is None:
            return None
        self._seen.add(str(path))
        etag, digest = self._known.get(str(path), ("", ""))
        return digest if etag == path.entry.etag else None

    def remember(self, path: ObjectPath, etag: str, content_sha256: str) -> None:
        """Keep what was read."""
        self._known[str(path)] = (etag, content_sha256)
        self._is_changed = True

    def forget_unseen(self) -> None:
        """Drop objects that nobody has asked for. Call it after a look at all of landing."""
        gone = self._known.keys() - self._seen
        for name in gone:
            del self._known[name]
        self._is_changed |= bool(gone)
        self.save()

    def save(self) -> None:
        """Write it down, by one rename."""
        if self._path is None or not self._is_changed:
            return
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._known, indent=0), encoding="utf-8")
        part.replace(self._path)
        self._is_changed = False
