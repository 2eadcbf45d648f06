"""Commands that tell how things stand: status and summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape

from marquee.cli.deployment import deployment
from marquee.cli.terminal import console, grid_of
from marquee.objectstore import ObjectPath
from marquee.paths import Paths
from marquee.pipeline import DUCKDB, ExitCode, open_lake
from marquee.publish import PUBLICATION
from marquee.site import CATALOGUE, LINEAGE
from marquee.status import SourceStatus, Status, read_status
from marquee.summary import read_summary

app = typer.Typer()


@app.command("status")
def status_command(
    fail_on_stale: Annotated[
        bool,
        typer.Option(
            "--fail-on-stale",
            help="Exit code 11 if a source is older than seeds/freshness_targets.csv allows.",
        ),
    ] = False,
) -> None:
    """What landed, what was built, what failed, what is stale, what an absent source weakens."""
    with deployment(locked=False) as paths:
        status = read_status(paths, open_lake(paths))
        if status is None:
            console.print(f"There is no lake in {paths.lake}. Make an empty one with: marquee init")
            raise typer.Exit(ExitCode.USAGE)
        _tell_sources(status.sources)
        _tell_landed(status)
        _tell_run(status)
        _tell_publication(status)
    if fail_on_stale and any(source.is_stale for source in status.sources):
        raise typer.Exit(ExitCode.STALE)


def _tell_sources(sources: Sequence[SourceStatus]) -> None:
    grid = grid_of("source", "files", "rows", "quarantined", "newest day")
    for source in sources:
        grid.add_row(
            source.table.full_name,
            f"{source.file_count:,}",
            f"{source.loaded_row_count:,}",
            f"{source.quarantined_row_count:,}",
            str(source.newest or ""),
        )
    console.print(grid)
    for source in sources:
        if source.is_absent:
            console.print(
                f"[yellow]nothing of {source.table.full_name}:[/] {source.table.without_it}"
            )
    if opened := sum(source.quarantined_row_count for source in sources):
        console.print(f"[yellow]{opened:,} rows are open in quarantine:[/] marquee quarantine list")
    for source in sources:
        if source.new_columns:
            told = ", ".join(
                f"{name} (since {day})" if day else name for name, day in source.new_columns.items()
            )
            console.print(
                f"[yellow]new columns of {source.table.full_name}, not in the contract:[/] "
                f"{escape(told)}"
            )
    for source in sources:
        if source.lost_columns:
            console.print(
                f"[red]no longer delivered with {source.table.full_name}:[/] "
                f"{', '.join(source.lost_columns)}; null in the newest file. Have them "
                "exported again, or declare their new name (renamed_from) in the contract"
            )
        if source.is_stale:
            console.print(f"[red]stale source {source.table.full_name}:[/] {source.staleness}")


def _tell_landed(status: Status) -> None:
    for message in status.rejected:
        console.print(f"[red]can't be taken:[/] {escape(message)}")
    if status.waiting:
        console.print(
            f"{len(status.waiting)} landed files are not in the lake under their name: not "
            f"ingested yet, or copies; first {escape(status.waiting[0])}"
        )


def _tell_run(status: Status) -> None:
    if status.last_run:
        stages = ", ".join(
            f"{stage.name} {stage.status}" + (f" in {stage.seconds:.1f} s" if stage.seconds else "")
            for stage in status.last_run.stages
        )
        for message in status.last_rejections:
            console.print(f"[red]rejected by the last run:[/] {escape(message)}")
        console.print(f"last run {status.last_run.run_id} {status.last_run_status}: {stages}")
    for drift in status.drifts:
        console.print(f"[red]drifted:[/] {escape(drift.finding)}")


def _tell_publication(status: Status) -> None:
    last = status.last_run
    if last and last.target != DUCKDB:
        console.print(
            f"the last run was for {last.target}; what is published there it tells itself: "
            f"select * from {PUBLICATION}"
        )
        if status.published_version is None:
            return
    if status.published_version is None:
        console.print("nothing is published yet: marquee run")
    elif status.is_stale:
        console.print(
            f"[yellow]stale:[/] published {status.published_version} holds loads up to "
            f"{status.published_load_id}, the lake is at {status.load_id}: marquee run"
        )
    else:
        console.print(f"published {status.published_version} is up to date (load {status.load_id})")


@app.command("summary")
def summary_command() -> None:
    """The published tables, how good the models are, and how to query them."""
    with deployment(locked=False) as paths:
        summary = read_summary(paths)
        if summary is None:
            console.print("Nothing is published yet. Run: marquee run")
            raise typer.Exit(ExitCode.USAGE)
        grid = grid_of("published table", "rows")
        for relation, count in summary.row_counts.items():
            grid.add_row(relation, f"{count:,}")
        console.print(grid)
        quality = grid_of(
            "model",
            "algorithm",
            "status",
            "metric",
            "value",
            "95 % interval",
            "baseline",
        )
        for row in summary.quality:
            quality.add_row(
                row.model_name,
                row.algorithm.rpartition(":")[2],
                row.status,
                row.metric,
                _figure(row.value),
                _interval(row.lower_bound, row.upper_bound),
                _figure(row.baseline_value),
            )
        console.print(quality)
        query = "select * from serving.customer_recommendations limit 5"
        opening = [
            f'DuckDB         duckdb -readonly {summary.database} "{query}"',
            f"Python         duckdb.connect('{summary.database}', read_only=True)"
            f'.sql("{query}").show()',
            f"JDBC           jdbc:duckdb:{summary.database}  (driver org.duckdb:duckdb_jdbc, "
            "property duckdb.read_only=true)",
        ]
        if isinstance(summary.database, ObjectPath):
            opening = [
                f"DuckDB         attach '{summary.database}' as marquee (read_only); use marquee; "
                f"{query}  (see docs/object-storage.md)"
            ]
        for line in (
            f"Catalogue      {_page(paths, CATALOGUE)}",
            f"Column lineage {_page(paths, LINEAGE)}",
            *opening,
            f"Models         {summary.model_index} (ONNX and PMML, see docs/export.md)",
        ):
            console.print(line)


def _page(paths: Paths, name: str) -> str:
    page = paths.site / name
    return str(page) if page.exists() else "not written yet: marquee docs"


def _figure(value: object) -> str:
    return "" if value is None else f"{value:.4f}"


def _interval(lower: object, upper: object) -> str:
    return "" if lower is None or upper is None else f"{_figure(lower)} to {_figure(upper)}"
