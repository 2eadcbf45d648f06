"""The `marquee` command."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from marquee.builds import PublishRefusedError
from marquee.contract import ContractError
from marquee.imports import MappingError, import_folder, load_mapping
from marquee.ingest import FileRejectedError, HashKeyError, IngestReport, LoadedFile, ingest
from marquee.ingest.landing import utc_now
from marquee.ingest.places import PlacesError, open_places
from marquee.lock import LockedError, exclusive
from marquee.paths import FolderError, Paths
from marquee.pipeline import (
    DUCKDB,
    BuildFailedError,
    ExitCode,
    compare_engines,
    initialise,
    open_lake,
    publish_target,
    run,
)
from marquee.publish import Publication
from marquee.score import NoScoreError, score_customer
from marquee.site import CATALOGUE, LINEAGE, write_site
from marquee.status import read_status
from marquee.summary import read_summary
from marquee.synthetic import SyntheticConfiguration, generate
from marquee.trino import TrinoServer, TrinoUnavailableError
from marquee.trino.artifacts import CLI, fetch, java

app = typer.Typer(
    help="A data-lake warehouse for media and entertainment: files in, answers out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
trino_app = typer.Typer(help="A Trino server on this machine.", no_args_is_help=True)
app.add_typer(trino_app, name="trino")
score_app = typer.Typer(help="One prediction, as the last build made it.", no_args_is_help=True)
app.add_typer(score_app, name="score")
# Paths must stay whole for copying: only tables are wrapped at the width of the window.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 100)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

EXIT_CODES: dict[type[Exception], ExitCode] = {
    FolderError: ExitCode.USAGE,
    ContractError: ExitCode.USAGE,
    HashKeyError: ExitCode.USAGE,
    PlacesError: ExitCode.USAGE,
    MappingError: ExitCode.USAGE,
    NoScoreError: ExitCode.USAGE,
    BuildFailedError: ExitCode.BUILD_FAILED,
    PublishRefusedError: ExitCode.PUBLISH_REFUSED,
    LockedError: ExitCode.LOCKED,
    TrinoUnavailableError: ExitCode.TRINO_UNAVAILABLE,
}

Target = Annotated[
    str, typer.Option(envvar="MARQUEE_TARGET", help="The engine: an output of profiles.yml.")
]


@contextmanager
def deployment(*, locked: bool = True) -> Iterator[Paths]:
    """The deployment that the environment names; known errors become one line and an exit code."""
    try:
        paths = Paths.from_environment()
        if locked:
            # The lake may be shared by deployments with other homes.
            with exclusive(paths.runs), exclusive(paths.lake / "_lock"):
                yield paths
        else:
            yield paths
    except tuple(EXIT_CODES) as error:
        errors.print(f"[bold red]marquee:[/] {escape(str(error))}")
        raise typer.Exit(EXIT_CODES[type(error)]) from error


@app.command("init")
def init_command() -> None:
    """Make an empty lake: one zero-row file for every table of the contract."""
    with deployment() as paths:
        lake = open_lake(paths)
        written = initialise(lake)
        for table in lake.contract.landed():
            (paths.landing / table.source / table.name).mkdir(parents=True, exist_ok=True)
        console.print(
            f"{paths.lake}: {written} tables made; drop files into {paths.landing}/<source>/<table>"
        )


@app.command("generate")
def generate_command(
    scale: Annotated[float, typer.Option(help="1 is 100,000 customers.")] = 0.05,
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = 7,
    days: Annotated[int, typer.Option(help="Days of events.")] = 180,
    end_date: Annotated[
        str, typer.Option(help="Last day, YYYY-MM-DD; default 2026-06-30, if that is past.")
    ] = "",
    extract_every: Annotated[
        int, typer.Option(help="Days between full extracts of customers and subscriptions.")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for landing/ and truth/; default MARQUEE_HOME.")
    ] = None,
) -> None:
    """Write the files of an invented streaming service, and the truth about it beside them."""
    with deployment() as paths:
        try:
            configuration = SyntheticConfiguration(
                scale=scale,
                seed=seed,
                days=days,
                end_date=dt.date.fromisoformat(end_date) if end_date else _last_day(),
                extract_interval_days=extract_every,
            )
            summary = generate(configuration, out or paths.home)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        console.print(
            f"{summary.out}: {summary.customer_count:,} customers, {summary.title_count:,} titles, "
            f"{sum(summary.row_counts.values()):,} rows in {summary.file_count} files"
        )


@app.command("import")
def import_command(
    name: Annotated[str, typer.Argument(help="movielens, watch-click, or the path of a mapping.")],
    folder: Annotated[Path, typer.Argument(help="The folder that holds the data set.")],
) -> None:
    """Turn somebody else's data set into landing files."""
    with deployment() as paths:
        mapping = load_mapping(name)
        for path in import_folder(mapping, folder, paths.landing, open_lake(paths).contract):
            console.print(f"wrote {path}")


@app.command("ingest")
def ingest_command() -> None:
    """Take landed files into the lake; what can't be read goes into quarantine with its reason."""
    with deployment() as paths:
        lake = open_lake(paths)
        initialise(lake)
        report = ingest(paths.landing, lake, _tell, open_places(paths))
        _tell_ingested(report)
    if report.rejected:
        raise typer.Exit(ExitCode.FILES_REJECTED)


@app.command("publish")
def publish_command(target: Target = DUCKDB) -> None:
    """Switch readers to the newest build, if it is whole and green, and register its models."""
    with deployment() as paths:
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
        report, publication = run(paths, target, _tell, full_refresh)
        # Told once more: dbt's many lines stand between.
        for error in report.rejected:
            _tell(error)
        _tell_ingested(report)
        _tell_published(publication, paths, target)
    if report.rejected:
        raise typer.Exit(ExitCode.FILES_REJECTED)


@app.command("parity")
def parity_command(
    target: Annotated[str, typer.Option(help="The engine to hold against DuckDB.")] = "trino",
    build: Annotated[bool, typer.Option(help="Build on both first.")] = True,
) -> None:
    """Build on two engines and compare every model and seed, to the last digit."""
    with deployment() as paths:
        comparisons = compare_engines(paths, target, build)
        grid = _grid("model", "rows", "hash", "")
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


@trino_app.command("start")
def trino_start_command(
    secure: Annotated[bool, typer.Option(help="HTTPS and passwords only.")] = False,
) -> None:
    """Start a Trino server for this deployment, on 127.0.0.1 and MARQUEE_TRINO_PORT."""
    with deployment(locked=False) as paths:
        server = TrinoServer.from_environment(paths, secure)
        seconds = server.start()
        if seconds:
            console.print(f"Trino is up at {server.url} after {seconds:.0f} s; log: {server.log}")
        else:
            console.print(f"Trino runs already at {server.url}")
        if secure:
            console.print("build on it: marquee run --target cluster (docs/access.md)")
        else:
            console.print("build on it: marquee run --target trino    ask it: marquee trino cli")


@trino_app.command("stop")
def trino_stop_command() -> None:
    """Stop the server that `start` started."""
    with deployment(locked=False) as paths:
        stopped = TrinoServer.from_environment(paths).stop()
        console.print("Trino is stopped" if stopped else "No Trino of this deployment runs")


@trino_app.command("password")
def trino_password_command(
    user: Annotated[str, typer.Argument(help="Name of the user.")],
) -> None:
    """Let a user log in to a server that was started with --secure."""
    with deployment(locked=False) as paths:
        server = TrinoServer.from_environment(paths)
        # Never an argument: those stand in lists of processes and in the shell's history.
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        try:
            server.set_password(user, password)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        console.print(
            f"{user} may log in ({server.passwords}); roles stand in trino/etc/groups.txt"
        )


@trino_app.command("rules")
def trino_rules_command() -> None:
    """Write trino/etc/rules.json anew from the contract and the models."""
    with deployment(locked=False) as paths:
        from marquee.trino.access import write_rules

        console.print(f"wrote {write_rules(paths)}")


@trino_app.command(
    "cli", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def trino_cli_command(context: typer.Context) -> None:
    """Trino's own command line, connected to the server; arguments are passed on."""
    with deployment(locked=False) as paths:
        server = TrinoServer.from_environment(paths)
        defaults = {
            "--server": server.url,
            "--catalog": "marquee",
            "--schema": "serving",
            "--user": os.environ.get("MARQUEE_TRINO_USER", "marquee"),
        }
        given = {argument.partition("=")[0] for argument in context.args}
        options = [f"{name}={value}" for name, value in defaults.items() if name not in given]
        arguments = [*options, *context.args]
        program = java()
        os.execv(program, [str(program), "-jar", str(fetch(CLI)), *arguments])  # noqa: S606


@app.command("docs")
def docs_command() -> None:
    """Write the data catalogue and the column lineage as static pages."""
    with deployment() as paths:
        site = write_site(paths)
        console.print(f"wrote {site / CATALOGUE} and {site / LINEAGE}")


@app.command("status")
def status_command() -> None:
    """What landed, what was built, what failed, what is stale, what an absent source weakens."""
    with deployment(locked=False) as paths:
        status = read_status(paths, open_lake(paths))
        if status is None:
            console.print(f"There is no lake in {paths.lake}. Make an empty one with: marquee init")
            raise typer.Exit(ExitCode.USAGE)
        grid = _grid("source", "files", "rows", "quarantined", "newest day")
        for source in status.sources:
            grid.add_row(
                source.table.full_name,
                f"{source.file_count:,}",
                f"{source.loaded_row_count:,}",
                f"{source.quarantined_row_count:,}",
                str(source.newest or ""),
            )
        console.print(grid)
        for source in status.sources:
            if source.is_absent:
                console.print(
                    f"[yellow]nothing of {source.table.full_name}:[/] {source.table.without_it}"
                )
        for source in status.sources:
            if source.new_columns:
                told = ", ".join(
                    f"{name} (since {day})" if day else name
                    for name, day in source.new_columns.items()
                )
                console.print(
                    f"[yellow]new columns of {source.table.full_name}, not in the contract:[/] "
                    f"{escape(told)}"
                )
        for message in status.rejected:
            console.print(f"[red]can't be taken:[/] {escape(message)}")
        if status.waiting:
            console.print(
                f"{len(status.waiting)} landed files are not in the lake under their name: not "
                f"ingested yet, or copies; first {escape(status.waiting[0])}"
            )
        if status.last_run:
            stages = ", ".join(
                f"{stage.name} {stage.status}"
                + (f" in {stage.seconds:.1f} s" if stage.seconds else "")
                for stage in status.last_run.stages
            )
            for message in status.last_rejections:
                console.print(f"[red]rejected by the last run:[/] {escape(message)}")
            console.print(f"last run {status.last_run.run_id} {status.last_run_status}: {stages}")
        for drift in status.drifts:
            console.print(f"[red]drifted:[/] {escape(drift.finding)}")
        if status.published_version is None:
            console.print("nothing is published yet: marquee run")
        elif status.is_stale:
            console.print(
                f"[yellow]stale:[/] published {status.published_version} holds loads up to "
                f"{status.published_load_id}, the lake is at {status.load_id}: marquee run"
            )
        else:
            console.print(
                f"published {status.published_version} is up to date (load {status.load_id})"
            )


@app.command("summary")
def summary_command() -> None:
    """The published tables, how good the models are, and how to query them."""
    with deployment(locked=False) as paths:
        summary = read_summary(paths)
        if summary is None:
            console.print("Nothing is published yet. Run: marquee run")
            raise typer.Exit(ExitCode.USAGE)
        grid = _grid("published table", "rows")
        for relation, count in summary.row_counts.items():
            grid.add_row(relation, f"{count:,}")
        console.print(grid)
        quality = _grid(
            "algorithm",
            "status",
            "metric",
            "value",
            "95 % interval",
            "baseline",
            "split (customers)",
        )
        for row in summary.quality:
            quality.add_row(
                row.algorithm,
                row.status,
                row.metric,
                _figure(row.value),
                _interval(row.lower_bound, row.upper_bound),
                _figure(row.baseline_value),
                f"{row.split} ({row.customer_count:,})",
            )
        console.print(quality)
        query = "select * from serving.customer_recommendations limit 5"
        for line in (
            f"Catalogue      {_page(paths, CATALOGUE)}",
            f"Column lineage {_page(paths, LINEAGE)}",
            f'DuckDB         duckdb -readonly {summary.database} "{query}"',
            f"Python         duckdb.connect('{summary.database}', read_only=True)"
            f'.sql("{query}").show()',
            f"JDBC           jdbc:duckdb:{summary.database}  (driver org.duckdb:duckdb_jdbc, "
            "property duckdb.read_only=true)",
            f"Models         {summary.model_index} (ONNX and PMML, see docs/export.md)",
        ):
            console.print(line)


@score_app.command("churn")
def score_churn_command(
    customer_id: Annotated[str, typer.Option(help="The customer's id at the source.")],
) -> None:
    """How likely a customer leaves, with the digits of the batch, and what each feature adds."""
    with deployment(locked=False) as paths:
        score = score_customer(paths, customer_id)
        console.print(
            f"{score.customer_id} leaves with probability {score.churn_probability} "
            f"(as of {score.as_of_date}, model version {score.model_version})"
        )
        grid = _grid("feature", "value", "adds to the log-odds")
        grid.add_row("(everybody)", "", f"{score.base_log_odds:+}")
        for feature, value, contribution in score.contributions:
            grid.add_row(feature, "missing" if value is None else str(value), f"{contribution:+}")
        console.print(grid)


def _last_day() -> dt.date:
    """Of an invented service: ingestion refuses what can't have been received yet."""
    return min(SyntheticConfiguration.end_date, utc_now().date() - dt.timedelta(days=1))


def _grid(*headings: str) -> Grid:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    numbers = {"files", "rows", "quarantined", "value", "baseline"}
    for heading in headings:
        grid.add_column(heading, justify="right" if heading in numbers else "left")
    return grid


def _page(paths: Paths, name: str) -> str:
    page = paths.site / name
    return str(page) if page.exists() else "not written yet: marquee docs"


def _figure(value: object) -> str:
    return "" if value is None else f"{value:.4f}"


def _interval(lower: object, upper: object) -> str:
    return "" if lower is None or upper is None else f"{_figure(lower)} to {_figure(upper)}"


def _tell(item: LoadedFile | FileRejectedError) -> None:
    if isinstance(item, FileRejectedError):
        errors.print(f"[red]rejected[/] {escape(str(item))}")
        return
    notes = []
    if item.quarantined_row_count:
        notes.append(f"[yellow]{item.quarantined_row_count:,} quarantined[/]")
    if item.landed_row_count and not item.loaded_row_count:
        notes.append("[red]nothing could be loaded[/]")
    if item.unknown_columns:
        notes.append(f"[yellow]ignored columns: {escape(', '.join(item.unknown_columns))}[/]")
    console.print(
        ", ".join([f"loaded {escape(item.file.name)}: {item.loaded_row_count:,} rows", *notes])
    )


def _tell_ingested(report: IngestReport) -> None:
    landed = sum(item.landed_row_count for item in report.loaded)
    bad = sum(item.quarantined_row_count for item in report.loaded)
    console.print(
        f"ingested {len(report.loaded)} files: {landed:,} rows landed = {landed - bad:,} loaded + "
        f"{bad:,} quarantined; {len(report.known)} files were in the lake already, "
        f"{len(report.rejected)} rejected"
    )
    if bad:
        console.print("why rows were quarantined: select * from catalog.quarantined_rows")


def _tell_published(publication: Publication | None, paths: Paths, target: str) -> None:
    if publication is None:
        console.print("the newest build is published already")
    else:
        console.print(
            f"published {publication.version}: {len(publication.row_counts)} tables, "
            f"{sum(publication.row_counts.values()):,} rows, "
            f"{'in ' + str(paths.published) if target == DUCKDB else 'on ' + target}"
        )
