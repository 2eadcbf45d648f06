"""The data catalogue as static pages: our own, and dbt docs beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from marquee.catalogue.entries import read_catalogue
from marquee.catalogue.lineage import Edge, as_table, built_lineage
from marquee.catalogue.pages import write_pages
from marquee.engine import connect, quoted
from marquee.ingest.lake import write_parquet
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
    """
    # Into a folder of its own: what another command leaves in target/ is not looked at.
    paths.site.mkdir(parents=True, exist_ok=True)
    target = paths.site / ".target"
    dbt(paths, *("docs", "generate", "--static", "--quiet"), *("--target-path", str(target)))
    try:
        catalogue = read_catalogue(paths.warehouse)
        edges = _lineage(paths.warehouse, paths.site / LINEAGE_TABLE)
    except duckdb.CatalogException as error:
        raise BuildFailedError(
            f"The warehouse has no catalogue yet ({error}). Build it: dbt build"
        ) from error
    write_pages(catalogue, edges, paths.site)
    (target / "static_index.html").replace(paths.site / DBT_DOCS)
    shutil.rmtree(target)
    return paths.site


def _lineage(warehouse: Path, path: Path) -> list[Edge]:
    with connect() as connection:
        connection.execute(f"attach {quoted(str(warehouse))} as warehouse (read_only)")
        edges = built_lineage(lambda sql: connection.execute(sql).fetchall(), "warehouse", "duckdb")
        connection.register("edges", as_table(edges))
        write_parquet(connection, "select * from edges", path)
    return edges
