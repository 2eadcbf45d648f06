"""Commands that write the lake: ingest and compact."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.markup import escape

from marquee.builds import keys_in_use
from marquee.cli.deployment import deployment, write_lock
from marquee.cli.terminal import console, errors, grid_of
from marquee.engine import connect
from marquee.ingest import FileRejectedError, IngestReport, Lake, LoadedFile, ingest
from marquee.ingest.compaction import Compaction, compact, planned
from marquee.ingest.landed_objects import open_objects
from marquee.ingest.places import open_places
from marquee.ingest.watching import Signature, Watch
from marquee.lock import LockedError
from marquee.log import logged_to
from marquee.objectstore import ObjectPath
from marquee.paths import Paths
from marquee.pipeline import ExitCode, initialise, open_lake

app = typer.Typer()


@app.command("ingest")
def ingest_command(
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until stopped, and take new files as they come.")
    ] = False,
    every: Annotated[
        float, typer.Option(min=0.1, help="With --watch: seconds between two looks.")
    ] = 1,
    settle: Annotated[
        float,
        typer.Option(min=0, help="With --watch: seconds that a file must not have changed."),
    ] = 2,
) -> None:
    """Take landed files into the lake; what can't be read goes into quarantine with its reason."""
    if watch:
        _watch(every, settle)
        return
    with deployment() as paths:
        lake = open_lake(paths)
        initialise(paths, lake)
        report = ingest(
            paths.landing, lake, tell_file, open_places(paths), objects=open_objects(paths)
        )
        tell_ingested(report)
    exit_if_incomplete(report)


def _watch(every: float, settle: float) -> None:
    """Ingest what is due, and release the lock in between, until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with deployment(locked=False) as paths:
        lake = open_lake(paths)
        watch = Watch(paths.landing, lake.contract, settle)
        console.print(f"watching {paths.landing}; stop with Ctrl-C")
        while not stop.is_set():
            due = watch.due()
            # A folder that is gone is ingestion's to judge; one that is still to come is none.
            is_there = isinstance(paths.landing, ObjectPath) or paths.landing.is_dir()
            if due or (not is_there and lake.has_files()):
                _ingest_due(paths, lake, watch, due, stop)
            stop.wait(every)


def _ingest_due(
    paths: Paths, lake: Lake, watch: Watch, due: dict[Path, Signature], stop: Event
) -> None:
    try:
        with write_lock(paths):
            initialise(paths, lake)
            report = ingest(
                paths.landing,
                lake,
                tell_file,
                open_places(paths),
                only=due.keys(),
                is_stopped=stop.is_set,
                objects=open_objects(paths),
            )
    except LockedError:
        # Whoever writes ends some time; the files are still due then.
        return
    files = [*(loaded.file for loaded in report.loaded), *report.known]
    watch.ingested(due, [file.path for file in files])
    if report.loaded or report.rejected:
        tell_ingested(report)


@app.command("compact")
def compact_command(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be merged.")
    ] = False,
) -> None:
    """Merge small files of the lake, of all months but each table's newest; rows stay the same.

    Readers see the old files or the new ones. The old ones are removed by a later compaction, once
    an hour has passed and the warehouse has been built since.
    """
    with deployment() as paths:
        lake = open_lake(paths)
        initialise(paths, lake)
        if dry_run:
            with connect() as connection:
                done = planned(connection, lake)
        else:
            with logged_to(paths.runs / "compaction.log"):
                done = compact(lake, keys_in_use(paths))
        _tell_compacted(done)


def _tell_compacted(done: Compaction) -> None:
    if done.merges:
        grid = grid_of("table", "files", "then", "bytes", *(["then"] if done.after else []))
        for name, before in done.before.items():
            if fewer := done.merged_counts[name]:
                counts = [before.file_count, before.file_count - fewer, before.byte_count]
                if done.after:
                    counts.append(done.after[name].byte_count)
                grid.add_row(name, *(f"{count:,}" for count in counts))
        console.print(grid)
    else:
        console.print("there is nothing to merge")
    if done.after:
        console.print(f"{done.row_count:,} rows moved, the same before and after by their hash")
    if done.removed_count:
        console.print(f"{done.removed_count:,} files removed that were merged before")
    if done.waiting_count:
        console.print(
            f"{done.waiting_count:,} files are not needed any more; marquee compact removes them "
            "once an hour has passed and the warehouse has been built since: marquee run"
        )


def tell_file(item: LoadedFile | FileRejectedError) -> None:
    """What became of one file, in a line; a rejection goes to the stream of errors."""
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
    if item.renamed_columns:
        notes.append(f"renamed columns: {escape(', '.join(item.renamed_columns))}")
    if item.lost_columns:
        notes.append(f"[red]columns that came before are gone: {', '.join(item.lost_columns)}[/]")
    console.print(
        ", ".join([f"loaded {escape(item.file.name)}: {item.loaded_row_count:,} rows", *notes])
    )


def exit_if_incomplete(report: IngestReport) -> None:
    """Let a scheduler know that what landed is not all that should have come."""
    if report.rejected:
        raise typer.Exit(ExitCode.FILES_REJECTED)
    if any(file.lost_columns for file in report.loaded):
        raise typer.Exit(ExitCode.COLUMNS_LOST)


def tell_ingested(report: IngestReport) -> None:
    """The account of a whole ingestion: landed = loaded + quarantined."""
    landed = sum(item.landed_row_count for item in report.loaded)
    bad = sum(item.quarantined_row_count for item in report.loaded)
    console.print(
        f"ingested {len(report.loaded)} files: {landed:,} rows landed = {landed - bad:,} loaded + "
        f"{bad:,} quarantined; {len(report.known)} files were in the lake already, "
        f"{len(report.rejected)} rejected"
    )
    if bad:
        console.print("why rows were quarantined, and what to do: marquee quarantine list")
