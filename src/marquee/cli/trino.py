"""Commands for a Trino server on this machine."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from marquee.cli.deployment import deployment
from marquee.cli.terminal import console
from marquee.pipeline import LOCAL_TRINO, require_readable
from marquee.trino import TrinoServer
from marquee.trino.artifacts import CLI, fetch, java

app = typer.Typer(help="A Trino server on this machine.", no_args_is_help=True)


@app.command("start")
def trino_start_command(
    secure: Annotated[bool, typer.Option(help="HTTPS and passwords only.")] = False,
) -> None:
    """Start a Trino server for this deployment, on 127.0.0.1 and MARQUEE_TRINO_PORT."""
    with deployment(locked=False) as paths:
        require_readable(paths, LOCAL_TRINO)
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


@app.command("stop")
def trino_stop_command() -> None:
    """Stop the server that `start` started."""
    with deployment(locked=False) as paths:
        stopped = TrinoServer.from_environment(paths).stop()
        console.print("Trino is stopped" if stopped else "No Trino of this deployment runs")


@app.command("password")
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


@app.command("rules")
def trino_rules_command() -> None:
    """Write trino/etc/rules.json anew from the contract and the models."""
    with deployment(locked=False) as paths:
        from marquee.trino.access import write_rules

        console.print(f"wrote {write_rules(paths)}")


@app.command("cli", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
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
        # Without a shell, arguments are what was typed; in this process, signals and the terminal
        # are the program's own.
        os.execv(program, [str(program), "-jar", str(fetch(CLI)), *arguments])  # noqa: S606
