"""Commands that build and publish the warehouse."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from marquee.cli.deployment import Target, deployment
from marquee.cli.ingesting import exit_if_incomplete, tell_file, tell_ingested
from marquee.cli.terminal import console, grid_of
from marquee.paths import Paths
from marquee.pipeline import (
    DUCKDB,
    ExitCode,
    compare_engines,
    open_lake,
    publish_target,
    require_readable,
    run,
)
from marquee.publish import Publication

app = typer.Typer()


@app.command("publish")
def publish_command(target: Target = DUCKDB) -> None:
    """Switch readers to the newest build, if it is whole and green, and register its models."""
    with deployment() as paths:
        require_readable(paths, target)
        _tell_published(publish_target(paths, open_lake(paths), target), paths, target)


@app.command("run")
def run_command(
    target: Target = DUCKDB,
    full_refresh: Annotated[
        bool,
        typer.Option(
            "--full-refresh",
            help="Build every table anew from the lake: after definitions changed.",
        ),
    ] = False,
) -> None:
    """Everything: init, ingest, build, publish."""
    with deployment() as paths:
        require_readable(paths, target)
        report, publication = run(paths, target, tell_file, full_refresh)
        # Told once more: dbt's many lines stand between.
        for error in report.rejected:
            tell_file(error)
        tell_ingested(report)
        _tell_published(publication, paths, target)
    exit_if_incomplete(report)


@app.command("parity")
def parity_command(
    target: Annotated[str, typer.Option(help="The engine to hold against DuckDB.")] = "trino",
    build: Annotated[bool, typer.Option(help="Build on both first.")] = True,
) -> None:
    """Build on two engines and compare every model and seed, to the last digit."""
    with deployment() as paths:
        require_readable(paths, target)
        comparisons = compare_engines(paths, target, build)
        grid = grid_of("model", "rows", "hash", "")
        for comparison in comparisons:
            grid.add_row(
                comparison.unique_id.split(".", 2)[-1],
                f"{comparison.row_count:,}",
                comparison.digest[:12],
                "[red]differs[/]" if comparison.differences else "equal",
            )
        console.print(grid)
        different = [comparison for comparison in comparisons if comparison.differences]
        for comparison in different:
            for difference in comparison.differences:
                console.print(f"[red]{comparison.unique_id}:[/] {escape(difference)}")
        console.print(f"{len(comparisons) - len(different)} equal, {len(different)} different")
    if different:
        raise typer.Exit(ExitCode.DIFFERENT)


def _tell_published(publication: Publication | None, paths: Paths, target: str) -> None:
    if publication is None:
        console.print("the newest build is published already")
    else:
        console.print(
            f"published {publication.version}: {len(publication.row_counts)} tables, "
            f"{sum(publication.row_counts.values()):,} rows, "
            f"{'in ' + str(paths.published) if target == DUCKDB else 'on ' + target}"
        )
