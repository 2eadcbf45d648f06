"""The `marquee` command: a module for each group of commands."""

from __future__ import annotations

import typer

from marquee.cli import (
    building,
    catalogue,
    forgetting,
    ingesting,
    quarantine,
    score,
    sources,
    status,
    trino,
)
from marquee.log import warn_only

app = typer.Typer(
    help="A data-lake warehouse for media and entertainment: files in, answers out.",
    callback=warn_only,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for commands in (sources, ingesting, building, forgetting, catalogue, status):
    app.add_typer(commands.app)
app.add_typer(trino.app, name="trino")
app.add_typer(score.app, name="score")
app.add_typer(quarantine.app, name="quarantine")
