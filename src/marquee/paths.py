"""Where everything lives at run time: one object made from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HOME = "MARQUEE_HOME"
LANDING = "MARQUEE_LANDING"
LAKE = "MARQUEE_LAKE"
PROJECT = "MARQUEE_PROJECT"
UNUSABLE = frozenset("*?[]{}'\"")


class FolderError(Exception):
    """A folder is missing or unusable; the message says which, and what to do."""


@dataclass(frozen=True)
class Paths:
    """Folders of one deployment, all absolute."""

    project: Path
    """The dbt project: ``dbt_project.yml`` stands here."""
    home: Path
    """Everything a run makes, unless landing or lake have roots of their own."""
    landing: Path
    """Files as they came: ``<source>/<table>/...``."""
    lake: Path
    """Typed Parquet, append only."""

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds in; nobody else reads it."""
        return self.home / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """What people read."""
        return self.home / "published"

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
        }

    @classmethod
    def from_environment(cls) -> Paths:
        """Read ``MARQUEE_PROJECT``, ``MARQUEE_HOME``, ``MARQUEE_LANDING`` and ``MARQUEE_LAKE``.

        The project defaults to the nearest folder at or above the working directory that holds a
        ``dbt_project.yml``; home defaults to ``var/`` in it.

        Raises:
            FolderError: if there is no dbt project.
        """
        project = _find_project()
        home = _root(HOME, project / "var")
        return cls(
            project=project,
            home=home,
            landing=_root(LANDING, home / "landing"),
            lake=_root(LAKE, home / "lake"),
        )


def _root(variable: str, default: Path) -> Path:
    path = Path(os.environ.get(variable) or default).absolute()
    if found := sorted(UNUSABLE & set(str(path))):
        raise FolderError(
            f"{path} contains {' '.join(found)}, which engines take for a pattern or a quote. "
            f"Set {variable} to a folder without."
        )
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
