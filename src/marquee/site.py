"""The data catalogue as static pages: our own, and dbt docs beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from marquee.catalogue.entries import read_catalogue
from marquee.catalogue.lineage import column_lineage, read_manifest, write_lineage
from marquee.catalogue.pages import write_pages
from marquee.paths import Paths
from marquee.pipeline import BuildFailedError, dbt

CATALOGUE = "index.html"
LINEAGE = "lineage.html"
DBT_DOCS = "dbt.html"
LINEAGE_TABLE = "column_lineage.parquet"


def write_site(paths: Paths) -> Path:
    """Write the pages from the built warehouse.

    Returns:
        The folder: ``index.html`` is the catalogue with search, ``lineage.html`` the lineage of
        columns (``column_lineage.parquet`` as a table), ``dbt.html`` dbt's own docs. The pages
        work without a server and without a network.

    Raises:
        BuildFailedError: if the pages can't be generated.
        LineageError: if the SQL of a model can't be followed.
    """
    # Into a folder of its own: what another command leaves in target/ is not looked at.
    paths.site.mkdir(parents=True, exist_ok=True)
    target = paths.site / ".target"
    dbt(paths, *("docs", "generate", "--static", "--quiet"), *("--target-path", str(target)))
    try:
        catalogue = read_catalogue(paths.warehouse)
    except duckdb.CatalogException as error:
        raise BuildFailedError(
            f"The warehouse has no catalogue yet ({error}). Build it: dbt build"
        ) from error
    edges = column_lineage(read_manifest(target / "manifest.json"))
    write_pages(catalogue, edges, paths.site)
    write_lineage(edges, paths.site / LINEAGE_TABLE)
    (target / "static_index.html").replace(paths.site / DBT_DOCS)
    shutil.rmtree(target)
    return paths.site
