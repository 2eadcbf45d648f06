"""The command that removes customers for good."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from marquee.cli.deployment import Target, deployment
from marquee.cli.terminal import console, errors
from marquee.forgetting import (
    Customers,
    Forgetting,
    forget_in_lake,
    remove_builds,
    remove_older_versions,
    search_everywhere,
    write_proof,
)
from marquee.log import logged_to
from marquee.paths import Paths
from marquee.pipeline import (
    DUCKDB,
    ExitCode,
    dbt,
    initialise,
    open_lake,
    publish_target,
    require_readable,
)

app = typer.Typer()


@app.command("forget")
def forget_command(
    customer_id: Annotated[
        list[str], typer.Option(help="The customer's id at the source; repeat it for several.")
    ],
    retire_models: Annotated[
        bool,
        typer.Option(help="Also remove every model version that may have been trained with them."),
    ] = False,
    target: Target = DUCKDB,
) -> None:
    """Remove customers from landing to published, for good, and prove it.

    The warehouse is built anew from what is left, and published; older versions are removed. Run it
    again with the same ids if it was interrupted.
    """
    with deployment() as paths:
        require_readable(paths, target)
        lake = open_lake(paths)
        initialise(paths, lake)
        customers = Customers(tuple(customer_id))
        with logged_to(paths.runs / "forgotten.log"):
            done = forget_in_lake(paths, lake, customers, retire_models)
            remove_builds(paths)
            dbt(paths, "build", "--target", target, "--full-refresh")
            publish_target(paths, lake, target)
            remove_older_versions(paths)
            search_everywhere(paths, lake, customers, done)
            if target != DUCKDB:
                _forget_on_trino(paths, target, customers, done)
            _tell_forgotten(done, write_proof(paths, done))
            if target == DUCKDB and (paths.home / "trino").exists():
                console.print(
                    "[yellow]tables on Trino were not touched:[/] forget them there too, with "
                    "--target trino"
                )
    if done.remaining:
        raise typer.Exit(ExitCode.NOT_FORGOTTEN)


def _forget_on_trino(paths: Paths, target: str, customers: Customers, done: Forgetting) -> None:
    # Packages of an extra.
    from marquee.forgetting.tables_of_trino import remove_history, search_tables
    from marquee.trino.session import Session

    session = Session(paths, target)
    remove_history(session)
    done.remaining |= search_tables(session, customers)


def _tell_forgotten(done: Forgetting, proof: Path) -> None:
    for name, count in done.row_counts.items():
        console.print(f"{name}: {count:,} rows removed")
    console.print(f"{len(done.landed_files)} landed files written anew")
    for words, versions in (
        ("may have been trained with them", done.model_versions),
        ("removed from the registry", done.retired_versions),
    ):
        for version in versions:
            console.print(f"model {version.model_name} {version.model_version}: {words}")
    for name in done.unreadable_files:
        console.print(f"[yellow]can't be read, was searched for the ids as text:[/] {escape(name)}")
    for place, count in done.remaining.items():
        errors.print(f"[red]still named:[/] {escape(place)} ({count:,})")
    if not done.remaining:
        console.print("they are named nowhere any more")
    console.print(f"proof: {proof}")
