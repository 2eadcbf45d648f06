"""Commands for what could not be loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from marquee.cli.deployment import deployment
from marquee.cli.ingesting import tell_file
from marquee.cli.terminal import console, grid_of
from marquee.engine import connect
from marquee.ingest import Lake
from marquee.ingest.places import open_places
from marquee.paths import FolderError, Paths
from marquee.pipeline import ExitCode, initialise, open_lake
from marquee.quarantine import (
    Replay,
    Selection,
    kinds,
    load_repair_mapping,
    quarantined_rows,
    replay,
    write_repairs,
)

app = typer.Typer(
    help="What could not be loaded: see it, repair it, replay it. Texts of records are "
    "confidential: they stand in the vault, which only its owner can read.",
    no_args_is_help=True,
)


TableName = Annotated[str | None, typer.Option("--table", help="Of one table only, source.table.")]

FileName = Annotated[
    str | None, typer.Option("--file", help="Of one landed file only, its key or name.")
]

Reason = Annotated[
    str | None, typer.Option("--reason", help="Only rows whose reason contains this.")
]


def _lake_with_quarantine(paths: Paths) -> Lake:
    lake = open_lake(paths)
    if not lake.is_initialised():
        raise FolderError(f"{paths.lake} has no quarantine yet. Make it with: marquee init")
    return lake


@app.command("list")
def quarantine_list_command(
    table: TableName = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were replayed, too.")] = False,
) -> None:
    """Open rows counted by table and kind of reason, those of the newest file first."""
    with deployment(locked=False) as paths:
        lake = _lake_with_quarantine(paths)
        with connect() as connection:
            found = kinds(connection, lake, Selection(table, is_open=not every))
        if not found:
            console.print("nothing is open in quarantine")
            return
        grid = grid_of(
            "table", "rows", *(["open"] if every else []), "files", "newest file", "reason"
        )
        for kind in found:
            counts = [kind.row_count, *([kind.open_count] if every else []), kind.file_count]
            grid.add_row(
                kind.table,
                *(f"{count:,}" for count in counts),
                escape(kind.newest_file),
                escape(kind.reason),
            )
        console.print(grid)
        console.print(
            f"{sum(kind.open_count for kind in found):,} rows are open. "
            "See some: marquee quarantine show FILE    repair them: marquee quarantine repair"
        )


@app.command("show")
def quarantine_show_command(
    file: Annotated[str, typer.Argument(help="Key or name of a landed file.")],
    row: Annotated[int | None, typer.Option(help="Number of the record in the file.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were replayed, too.")] = False,
) -> None:
    """The open rows of a file with line, reason and text. Texts are confidential: owner only."""
    with deployment(locked=False) as paths, connect() as connection:
        selection = Selection(file=file, row=row, is_open=not every)
        is_empty = True
        for found in quarantined_rows(connection, _lake_with_quarantine(paths), selection):
            is_empty = False
            where = f"row {found.row_number}"
            if found.line_number is not None:
                where += f", line {found.line_number}"
            state = "" if found.is_open else " [green](not open any more)[/]"
            console.print(f"[bold]{escape(found.file_name)}[/] {where}{state}")
            console.print(f"  why:  {escape(found.reason)}")
            console.print(f"  text: {escape(found.raw_text)}")
        if is_empty:
            console.print("there is no such row in quarantine")


@app.command("repair")
def quarantine_repair_command(
    table: TableName = None,
    file: FileName = None,
    reason: Reason = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="YAML with rules; only rows that they change are written."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write; default the next number in the vault, lake/restricted/repairs/."
        ),
    ] = None,
) -> None:
    """Write open rows to a file to edit, or repaired by a mapping. Confidential: owner only."""
    with deployment() as paths, connect() as connection:
        lake = _lake_with_quarantine(paths)
        rules = load_repair_mapping(mapping, lake.contract) if mapping else None
        rows = quarantined_rows(connection, lake, Selection(table, file, reason))
        written = write_repairs(rows, lake, out, rules)
        if written.untouched_count:
            console.print(f"{written.untouched_count:,} rows are as they were, and stay open")
        if written.path is None:
            console.print("there is nothing to write")
            return
        told = f", {written.dropped_count:,} of them to be dropped" if written.dropped_count else ""
        console.print(f"wrote {written.row_count:,} rows{told}: {written.path}")
        if not rules:
            console.print(
                "Correct record in each line, or give a reason in drop; remove other lines."
            )
        console.print(f"then: marquee quarantine replay {written.path}")


@app.command("replay")
def quarantine_replay_command(
    file: Annotated[Path, typer.Argument(help="What repair wrote, edited.")],
) -> None:
    """Take repaired rows through the same checks into the lake, each exactly once."""
    with deployment() as paths:
        lake = open_lake(paths)
        initialise(paths, lake)
        done = replay(file, paths.landing, lake, tell_file, open_places(paths))
        _tell_replayed(done)
    if done.rejected:
        raise typer.Exit(ExitCode.FILES_REJECTED)


def _tell_replayed(done: Replay) -> None:
    for error in done.rejected:
        tell_file(error)
    console.print(
        f"{done.replayed_count:,} rows replayed: {done.loaded_count:,} loaded, "
        f"{done.dropped_count:,} dropped, {done.faulty_count:,} still faulty; "
        f"{done.known_count:,} had been replayed before, {done.unchanged_count:,} were not changed"
    )
    if done.faulty_count:
        console.print("why: marquee quarantine list")
