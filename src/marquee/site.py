"""The data catalogue as static pages: dbt docs, and the lineage of every column beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from marquee.ingest.hash_key import environment_without_key
from marquee.paths import Paths
from marquee.pipeline import BuildFailedError, dbt

CATALOGUE = "index.html"
LINEAGE = "lineage.html"


def write_site(paths: Paths) -> Path:
    """Write the pages from the built warehouse.

    Returns:
        The folder: ``index.html`` is the catalogue, ``lineage.html`` the column lineage. Both work
        without a server and without a network.

    Raises:
        BuildFailedError: if the pages can't be generated.
    """
    dbt(paths, "docs", "generate", "--static", "--quiet")
    target = paths.project / "target"
    site = paths.site
    site.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=site) as folder:
        result = subprocess.run(
            [
                *(sys.executable, "-m", "dbt_colibri.cli.cli", "generate", "--disable-telemetry"),
                *("--manifest", str(target / "manifest.json")),
                *("--catalog", str(target / "catalog.json")),
                *("--output-dir", folder),
            ],
            env=environment_without_key(),
            capture_output=True,
            text=True,
            check=False,
        )
        pages = list(Path(folder).glob("*.html"))
        if result.returncode != 0 or len(pages) != 1:
            raise BuildFailedError(f"The column lineage failed:\n{result.stdout}{result.stderr}")
        pages[0].replace(site / LINEAGE)
    shutil.copyfile(target / "static_index.html", site / CATALOGUE)
    return site
