"""What was built with customers who are forgotten: files that are made anew, and old copies."""

from __future__ import annotations

import shutil

from marquee.paths import Paths
from marquee.publish import VERSIONS, current_version, remove_version


def remove_builds(paths: Paths) -> None:
    """Remove what can be built again, but not what people read just now.

    Whole files: a DELETE leaves the bytes in a file of DuckDB.
    """
    for path in paths.home.glob("warehouse.duckdb*"):
        path.unlink()
    rebuilt = (paths.site, paths.home / "tmp", paths.work, paths.home / "trino" / "staging")
    for folder in rebuilt:
        shutil.rmtree(folder, ignore_errors=True)


def remove_older_versions(paths: Paths) -> None:
    """Remove all published versions but the one that is read now."""
    current = current_version(paths.published)
    versions = paths.published / VERSIONS
    # Who builds on Trino only has none here.
    for path in sorted(versions.iterdir()) if versions.is_dir() else ():
        if path != current:
            remove_version(path)
