"""Commands of the data catalogue: docs and search."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from marquee.catalogue.entries import declared_catalogue, published_catalogue
from marquee.catalogue.search import build_index, search
from marquee.cli.deployment import deployment
from marquee.cli.terminal import console, errors
from marquee.site import CATALOGUE, LINEAGE, write_site

app = typer.Typer()


@app.command("docs")
def docs_command() -> None:
    """Write the data catalogue and the column lineage as static pages."""
    with deployment() as paths:
        site = write_site(paths)
        console.print(f"wrote {site / CATALOGUE} and {site / LINEAGE}")


@app.command("search")
def search_command(
    words: Annotated[list[str], typer.Argument(help="In your own words: cancel, watch list.")],
    limit: Annotated[int, typer.Option(help="Results, the best.")] = 10,
) -> None:
    """Find tables, columns and terms by words of the business, ranked as on the pages."""
    with deployment(locked=False) as paths:
        catalogue = published_catalogue(paths)
        if catalogue is None:
            errors.print("nothing is published yet: reading the project's files, some 10 seconds")
            catalogue = declared_catalogue(paths)
        hits = search(build_index(catalogue), " ".join(words), limit)
        if not hits:
            console.print("Nothing is called so, nor described by it. Try another word.")
        for hit in hits:
            kind = hit.document.layer or hit.document.kind
            console.print(f"[bold]{escape(hit.document.name)}[/]  [dim]{kind}[/]")
            console.print(f"    {escape(hit.document.description)}")
