"""The deployment that a command works on: its lock, and its errors as one line and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import duckdb
import typer
from rich.markup import escape

from marquee.builds import PublishRefusedError
from marquee.cli.terminal import errors
from marquee.contract import ContractError
from marquee.extracts import ExtractError, SourceUnavailableError
from marquee.imports import MappingError
from marquee.ingest import HashKeyError
from marquee.ingest.places import PlacesError
from marquee.lock import LockedError, exclusive
from marquee.objectstore import ObjectPath
from marquee.objectstore.object_lock import exclusive_object
from marquee.paths import FolderError, Paths
from marquee.pipeline import BuildFailedError, ExitCode
from marquee.quarantine import RepairError, RepairMappingError, SelectionError
from marquee.score import NoScoreError
from marquee.store import StoreError, store_error
from marquee.trino import TrinoUnavailableError

EXIT_CODES: dict[type[Exception], ExitCode] = {
    FolderError: ExitCode.USAGE,
    ContractError: ExitCode.USAGE,
    HashKeyError: ExitCode.USAGE,
    PlacesError: ExitCode.USAGE,
    MappingError: ExitCode.USAGE,
    ExtractError: ExitCode.USAGE,
    NoScoreError: ExitCode.USAGE,
    RepairError: ExitCode.USAGE,
    RepairMappingError: ExitCode.USAGE,
    SelectionError: ExitCode.USAGE,
    BuildFailedError: ExitCode.BUILD_FAILED,
    PublishRefusedError: ExitCode.PUBLISH_REFUSED,
    LockedError: ExitCode.LOCKED,
    TrinoUnavailableError: ExitCode.TRINO_UNAVAILABLE,
    StoreError: ExitCode.STORE_FAILED,
    SourceUnavailableError: ExitCode.SOURCE_UNAVAILABLE,
}

FORESEEN: tuple[type[Exception], ...] = (*EXIT_CODES, OSError, duckdb.Error)
"""What a command may end with; of the last two only what a disk or a mount is at fault for."""

Target = Annotated[
    str, typer.Option(envvar="MARQUEE_TARGET", help="The engine: an output of profiles.yml.")
]


@contextmanager
def deployment(*, locked: bool = True) -> Iterator[Paths]:
    """The deployment that the environment names; known errors become one line and an exit code."""
    try:
        paths = Paths.from_environment()
        if locked:
            with write_lock(paths):
                yield paths
        else:
            yield paths
    except FORESEEN as error:
        known = error if type(error) in EXIT_CODES else store_error(error)
        if known is None:
            raise
        errors.print(f"[bold red]marquee:[/] {escape(str(known))}")
        raise typer.Exit(EXIT_CODES[type(known)]) from error


@contextmanager
def write_lock(paths: Paths) -> Iterator[None]:
    """Keep other writers out, of the lake too: deployments with other homes may share it."""
    with exclusive(paths.runs):
        lock = paths.lake / "_lock"
        with (
            exclusive_object(lock, paths.runs) if isinstance(lock, ObjectPath) else exclusive(lock)
        ):
            yield
