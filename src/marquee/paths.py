"""Where everything lives at run time: one object made from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from marquee.objectstore import SCHEME, ObjectPath
from marquee.objectstore.duckdb_access import missing_packages

HOME = "MARQUEE_HOME"
LANDING = "MARQUEE_LANDING"
LAKE = "MARQUEE_LAKE"
PUBLISHED = "MARQUEE_PUBLISHED"
PROJECT = "MARQUEE_PROJECT"
UNUSABLE = frozenset("*?[]{}'\"")


class FolderError(Exception):
    """A folder is missing or unusable; the message says which, and what to do."""


@dataclass(frozen=True)
class Paths:
    """Folders of one deployment, all absolute; three of them may be in an object store."""

    project: Path
    """The dbt project: ``dbt_project.yml`` stands here."""
    home: Path
    """Everything a run makes, unless landing or lake have roots of their own."""
    landing: Path
    """Files as they came: ``<source>/<table>/...``."""
    lake: Path
    """Typed Parquet, append only."""
    published_root: Path | None = None
    """What people read; in home if not given."""

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds in; nobody else reads it."""
        return self.home / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """What people read."""
        return self.published_root or self.home / "published"

    @property
    def work(self) -> Path:
        """What is on its way to an object store or from there; it may hold anything that landed."""
        return self.home / "work"

    @property
    def lake_on_disk(self) -> Path:
        """The lake, or what it needs on a disk of this machine if it is in an object store."""
        return self.home / "lake" if isinstance(self.lake, ObjectPath) else self.lake

    @property
    def roots_in_stores(self) -> dict[str, ObjectPath]:
        """Those of the roots that are in an object store, by the variable that names them."""
        roots = {LANDING: self.landing, LAKE: self.lake, PUBLISHED: self.published}
        return {name: root for name, root in roots.items() if isinstance(root, ObjectPath)}

    @property
    def site(self) -> Path:
        """The data catalogue as static pages."""
        return self.home / "site"

    @property
    def runs(self) -> Path:
        """Run records and the lock."""
        return self.home / "runs"

    def environment(self) -> dict[str, str]:
        """The variables that make a child process or dbt see the same folders."""
        return {
            PROJECT: str(self.project),
            HOME: str(self.home),
            LANDING: str(self.landing),
            LAKE: str(self.lake),
            PUBLISHED: str(self.published),
        }

    @classmethod
    def from_environment(cls) -> Paths:
        """Read ``MARQUEE_PROJECT``, ``MARQUEE_HOME`` and the roots that stand elsewhere.

        The project defaults to the nearest folder at or above the working directory that holds a
        ``dbt_project.yml``; home defaults to ``var/`` in it. ``MARQUEE_LANDING``, ``MARQUEE_LAKE``
        and ``MARQUEE_PUBLISHED`` may be ``s3://bucket/prefix``.

        Raises:
            FolderError: if there is no dbt project, or a root can't be used.
        """
        project = _find_project()
        home = _root(HOME, project / "var")
        if isinstance(home, ObjectPath):
            raise FolderError(
                f"{HOME} holds the warehouse and locks, which need a disk: name a folder. "
                f"{LANDING}, {LAKE} and {PUBLISHED} may be in {SCHEME}."
            )
        return cls(
            project=project,
            home=home,
            landing=_root(LANDING, home / "landing"),
            lake=_root(LAKE, home / "lake"),
            published_root=_root(PUBLISHED, home / "published"),
        )


def _root(variable: str, default: Path) -> Path:
    named = os.environ.get(variable) or str(default)
    path = _in_store(variable, named) if "://" in named else Path(named).absolute()
    if found := sorted(UNUSABLE & set(str(path))):
        raise FolderError(
            f"{path} contains {' '.join(found)}, which engines take for a pattern or a quote. "
            f"Set {variable} to a folder without."
        )
    return path


def _in_store(variable: str, named: str) -> ObjectPath:
    if not named.startswith(SCHEME):
        raise FolderError(f"{variable} is {named}. Name a folder, or {SCHEME}bucket/prefix.")
    path = ObjectPath(named)
    if str(path) != named or not path.key:
        # What engines are given is this text: "//" would be another key there.
        raise FolderError(
            f"{variable} is {named}. Write {SCHEME}bucket/prefix: a prefix, no / at the end and "
            "none twice."
        )
    if missing := missing_packages():
        raise FolderError(missing)
    return path


def _find_project() -> Path:
    named = os.environ.get(PROJECT)
    start = Path(named or Path.cwd()).absolute()
    for folder in [start] if named else [start, *start.parents]:
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise FolderError(
        f"No dbt_project.yml in {start}{'' if named else ' or above it'}. "
        f"Run marquee inside the project, or set {PROJECT} to its folder."
    )
