"""Commands that put files into the landing folder: invented, imported, extracted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from marquee.cli.deployment import deployment
from marquee.cli.terminal import console, errors
from marquee.extracts import Extraction, SourceUnavailableError, extract, load_extract
from marquee.imports import import_folder, load_mapping
from marquee.ingest.landing import utc_now
from marquee.objectstore import ObjectPath
from marquee.pipeline import initialise, open_lake
from marquee.synthetic import SyntheticConfiguration, generate

app = typer.Typer()


@app.command("init")
def init_command() -> None:
    """Make an empty lake: one zero-row file for every table of the contract."""
    with deployment() as paths:
        lake = open_lake(paths)
        written = initialise(paths, lake)
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
            landing = paths.landing if out is None else None
            store = landing if isinstance(landing, ObjectPath) else None
            summary = generate(configuration, out or paths.home, store)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        console.print(
            f"{store or summary.out}: {summary.customer_count:,} customers, "
            f"{summary.title_count:,} titles, {sum(summary.row_counts.values()):,} rows in "
            f"{summary.file_count} files"
        )


@app.command("import")
def import_command(
    name: Annotated[str, typer.Argument(help="movielens, watch-click, or the path of a mapping.")],
    folder: Annotated[Path, typer.Argument(help="The folder that holds the data set.")],
) -> None:
    """Turn somebody else's data set into landing files."""
    with deployment() as paths:
        mapping = load_mapping(name)
        contract = open_lake(paths).contract
        for path in import_folder(mapping, folder, paths.landing, contract, paths.work):
            console.print(f"wrote {path}")


@app.command("extract")
def extract_command(
    name: Annotated[
        str, typer.Argument(help="A file in extracts/ of the project, or the path of another.")
    ],
    whole: Annotated[
        bool, typer.Option("--whole", help="Read all rows, whatever was read before.")
    ] = False,
) -> None:
    """Land tables of a Postgres server, as of one moment: whole, or what has changed."""
    with deployment() as paths:
        lake = open_lake(paths)
        initialise(paths, lake)
        wanted = load_extract(name, paths.project, lake.contract)
        for done in extract(wanted, paths, lake, _tell_lost, whole):
            _tell_extracted(done)


def _tell_lost(error: SourceUnavailableError, seconds: float) -> None:
    errors.print(f"[yellow]{escape(str(error))}; trying again in {seconds:g} s[/]")


def _tell_extracted(done: Extraction) -> None:
    for note in done.notes:
        errors.print(f"[bold yellow]{escape(done.table.name)}:[/] {escape(note)}")
    told = f"{done.read_count:,} rows {'in all' if done.is_whole else 'new or changed'}"
    if done.gone_count:
        told += f", {done.gone_count:,} gone"
    where = f"wrote {done.path}: {done.row_count:,} rows" if done.path else "nothing to land"
    console.print(f"{escape(done.table.name)}: {told}; {escape(where)}")


def _last_day() -> dt.date:
    """Of an invented service: ingestion refuses what can't have been received yet."""
    return min(SyntheticConfiguration.end_date, utc_now().date() - dt.timedelta(days=1))
