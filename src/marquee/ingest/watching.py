"""New files in landing, found by looking again and again: that works on every kind of mount."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from marquee.contract import Contract, Load
from marquee.ingest.landing import ISO_DATE, files_below

Signature = tuple[int, int, int]
"""Bytes, time of the last change and inode: of a file that was written anew one of them differs."""
Group = tuple[str, ...]
"""Source, table and the last date in the path, of an extract; of any other file its name."""


@dataclass
class Watch:
    """What a process knows of the files in landing; it forgets all of it when it ends.

    A file is due once it has stayed the same for a while, by this process' own clock: the times of
    files may come from another machine, or be copied with them.
    """

    landing: Path
    contract: Contract
    settle_seconds: float
    """How long a file has to stay the same until it counts as whole."""
    clock: Callable[[], float] = time.monotonic
    done: dict[Path, Signature] = field(default_factory=dict)
    """Files that are in the lake."""
    rejected: dict[Path, Signature] = field(default_factory=dict)
    """Files that could not be read as they are; they are tried again beside new ones of their
    extract, because one that is rejected holds back all others."""
    seen: dict[Path, tuple[Signature, float]] = field(default_factory=dict)
    """All others, with the time since when they are as they are."""

    def due(self) -> dict[Path, Signature]:
        """Look at all files; those that are to be ingested now, with what they looked like.

        While a file of an extract grows, the others of it wait: without it, whoever stands there
        would look as if gone.
        """
        now = self.clock()
        found = dict(self._looked_at())
        for known in (self.done, self.rejected):
            for path in [path for path, signature in known.items() if found.get(path) != signature]:
                del known[path]
        new = {p: s for p, s in found.items() if p not in self.done and p not in self.rejected}
        self.seen = {
            path: self.seen[path]
            if path in self.seen and self.seen[path][0] == signature
            else (signature, now)
            for path, signature in new.items()
        }
        growing = [p for p, (_, since) in self.seen.items() if now - since < self.settle_seconds]
        waiting = {self._group(path) for path in growing}
        due = {path: s for path, s in new.items() if self._group(path) not in waiting}
        if due:
            groups = {self._group(path) for path in due}
            due |= {p: s for p, s in self.rejected.items() if self._group(p) in groups}
        return due

    def ingested(self, due: dict[Path, Signature], in_lake: Iterable[Path]) -> None:
        """Remember what became of files that were due and looked at."""
        taken = set(in_lake)
        for path, signature in due.items():
            (self.done if path in taken else self.rejected)[path] = signature
            if path in taken:
                self.rejected.pop(path, None)

    def _looked_at(self) -> Iterator[tuple[Path, Signature]]:
        for path in files_below(self.landing):
            try:
                found = path.stat()
            except OSError:
                # Gone again, or a link to nowhere: ingestion says so.
                yield path, (-1, -1, -1)
            else:
                yield path, (found.st_size, found.st_mtime_ns, found.st_ino)

    def _group(self, path: Path) -> Group:
        name = path.relative_to(self.landing).as_posix()
        home = tuple(name.split("/")[:2])
        dates = ISO_DATE.findall(name)
        return (*home, dates[-1]) if home in self._extracts and dates else (name,)

    @cached_property
    def _extracts(self) -> set[tuple[str, ...]]:
        tables = self.contract.landed()
        return {(table.source, table.name) for table in tables if table.load is Load.SNAPSHOT}
