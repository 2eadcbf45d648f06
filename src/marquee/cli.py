"""The `marquee` command."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from marquee.builds import PublishRefusedError, keys_in_use
from marquee.catalogue.entries import declared_catalogue, published_catalogue
from marquee.catalogue.search import build_index, search
from marquee.contract import ContractError
from marquee.engine import connect
from marquee.extracts import (
    ExtractError,
    Extraction,
    SourceUnavailableError,
    extract,
    load_extract,
)
from marquee.forgetting import (
    Customers,
    Forgetting,
    forget_in_lake,
    remove_builds,
    remove_older_versions,
    search_everywhere,
    write_proof,
)
from marquee.imports import MappingError, import_folder, load_mapping
from marquee.ingest import (
    FileRejectedError,
    HashKeyError,
    IngestReport,
    Lake,
    LoadedFile,
    ingest,
)
from marquee.ingest.compaction import Compaction, compact, planned
from marquee.ingest.landed_objects import open_objects
from marquee.ingest.landing import utc_now
from marquee.ingest.places import PlacesError, open_places
from marquee.ingest.watching import Signature, Watch
from marquee.lock import LockedError, exclusive
from marquee.log import logged_to, warn_only
from marquee.objectstore import ObjectPath
from marquee.objectstore.object_lock import exclusive_object
from marquee.paths import FolderError, Paths
from marquee.pipeline import (
    DUCKDB,
    LOCAL_TRINO,
    BuildFailedError,
    ExitCode,
    compare_engines,
    dbt,
    initialise,
    open_lake,
    publish_target,
    require_readable,
    run,
)
from marquee.publish import Publication
from marquee.quarantine import (
    RepairError,
    RepairMappingError,
    Replay,
    Selection,
    SelectionError,
    kinds,
    load_repair_mapping,
    quarantined_rows,
    replay,
    write_repairs,
)
from marquee.score import NoScoreError, score_customer
from marquee.site import CATALOGUE, LINEAGE, write_site
from marquee.status import read_status
from marquee.store import StoreError, store_error
from marquee.summary import read_summary
from marquee.synthetic import SyntheticConfiguration, generate
from marquee.trino import TrinoServer, TrinoUnavailableError
from marquee.trino.artifacts import CLI, fetch, java

app = typer.Typer(
    help="A data-lake warehouse for media and entertainment: files in, answers out.",
    callback=warn_only,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
trino_app = typer.Typer(help="A Trino server on this machine.", no_args_is_help=True)
app.add_typer(trino_app, name="trino")
score_app = typer.Typer(help="One prediction, as the last build made it.", no_args_is_help=True)
app.add_typer(score_app, name="score")
quarantine_app = typer.Typer(
    help="What could not be loaded: see it, repair it, replay it. Texts of records are "
    "confidential: they stand in the vault, which only its owner can read.",
    no_args_is_help=True,
)
app.add_typer(quarantine_app, name="quarantine")
# Paths must stay whole for copying: only tables are wrapped at the width of the window.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 100)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

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
            with _locked(paths):
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
def _locked(paths: Paths) -> Iterator[None]:
    # The lake may be shared by deployments with other homes.
    with exclusive(paths.runs):
        lock = paths.lake / "_lock"
        with (
            exclusive_object(lock, paths.runs) if isinstance(lock, ObjectPath) else exclusive(lock)
        ):
            yield


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
        report = ingest(paths.landing, lake, _tell, open_places(paths), objects=open_objects(paths))
        _tell_ingested(report)
    _exit_if_incomplete(report)


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
        with _locked(paths):
            initialise(paths, lake)
            report = ingest(
                paths.landing,
                lake,
                _tell,
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
        _tell_ingested(report)


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
        grid = _grid("table", "files", "then", "bytes", *(["then"] if done.after else []))
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
        report, publication = run(paths, target, _tell, full_refresh)
        # Told once more: dbt's many lines stand between.
        for error in report.rejected:
            _tell(error)
        _tell_ingested(report)
        _tell_published(publication, paths, target)
    _exit_if_incomplete(report)


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


@app.command("parity")
def parity_command(
    target: Annotated[str, typer.Option(help="The engine to hold against DuckDB.")] = "trino",
    build: Annotated[bool, typer.Option(help="Build on both first.")] = True,
) -> None:
    """Build on two engines and compare every model and seed, to the last digit."""
    with deployment() as paths:
        require_readable(paths, target)
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


@app.command("search")
def search_command(
    words: Annotated[list[str], typer.Argument(help="In your own words: cancel, watch list.")],
    limit: Annotated[int, typer.Option(help="Results, the best.")] = 10,
) -> None:
    """Find tables, columns and terms by words of the business, ranked as on the pages."""
    with deployment(locked=False) as paths:
        catalogue = published_catalogue(paths)
        if catalogue is None:
            errors.print("nothing is published yet: reading the project's files, some 10 seconds")
            catalogue = declared_catalogue(paths)
        hits = search(build_index(catalogue), " ".join(words), limit)
        if not hits:
            console.print("Nothing is called so, nor described by it. Try another word.")
        for hit in hits:
            kind = hit.document.layer or hit.document.kind
            console.print(f"[bold]{escape(hit.document.name)}[/]  [dim]{kind}[/]")
            console.print(f"    {escape(hit.document.description)}")


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
        if opened := sum(source.quarantined_row_count for source in status.sources):
            console.print(
                f"[yellow]{opened:,} rows are open in quarantine:[/] marquee quarantine list"
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
        for source in status.sources:
            if source.lost_columns:
                console.print(
                    f"[red]no longer delivered with {source.table.full_name}:[/] "
                    f"{', '.join(source.lost_columns)}; null in the newest file. Have them "
                    "exported again, or declare their new name (renamed_from) in the contract"
                )
            if source.is_stale:
                console.print(f"[red]stale source {source.table.full_name}:[/] {source.staleness}")
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
    if fail_on_stale and any(source.is_stale for source in status.sources):
        raise typer.Exit(ExitCode.STALE)


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


@quarantine_app.command("list")
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
        grid = _grid(
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


@quarantine_app.command("show")
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


@quarantine_app.command("repair")
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


@quarantine_app.command("replay")
def quarantine_replay_command(
    file: Annotated[Path, typer.Argument(help="What repair wrote, edited.")],
) -> None:
    """Take repaired rows through the same checks into the lake, each exactly once."""
    with deployment() as paths:
        lake = open_lake(paths)
        initialise(paths, lake)
        done = replay(file, paths.landing, lake, _tell, open_places(paths))
        _tell_replayed(done)
    if done.rejected:
        raise typer.Exit(ExitCode.FILES_REJECTED)


def _tell_replayed(done: Replay) -> None:
    for error in done.rejected:
        _tell(error)
    console.print(
        f"{done.replayed_count:,} rows replayed: {done.loaded_count:,} loaded, "
        f"{done.dropped_count:,} dropped, {done.faulty_count:,} still faulty; "
        f"{done.known_count:,} had been replayed before, {done.unchanged_count:,} were not changed"
    )
    if done.faulty_count:
        console.print("why: marquee quarantine list")


def _last_day() -> dt.date:
    """Of an invented service: ingestion refuses what can't have been received yet."""
    return min(SyntheticConfiguration.end_date, utc_now().date() - dt.timedelta(days=1))


def _grid(*headings: str) -> Grid:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    numbers = {"files", "then", "bytes", "rows", "open", "quarantined", "value", "baseline"}
    for heading in headings:
        # Folded and never cut: names are for copying.
        is_number = heading in numbers
        grid.add_column(heading, justify="right" if is_number else "left", overflow="fold")
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
    if item.renamed_columns:
        notes.append(f"renamed columns: {escape(', '.join(item.renamed_columns))}")
    if item.lost_columns:
        notes.append(f"[red]columns that came before are gone: {', '.join(item.lost_columns)}[/]")
    console.print(
        ", ".join([f"loaded {escape(item.file.name)}: {item.loaded_row_count:,} rows", *notes])
    )


def _exit_if_incomplete(report: IngestReport) -> None:
    """Let a scheduler know that what landed is not all that should have come."""
    if report.rejected:
        raise typer.Exit(ExitCode.FILES_REJECTED)
    if any(file.lost_columns for file in report.loaded):
        raise typer.Exit(ExitCode.COLUMNS_LOST)


def _tell_ingested(report: IngestReport) -> None:
    landed = sum(item.landed_row_count for item in report.loaded)
    bad = sum(item.quarantined_row_count for item in report.loaded)
    console.print(
        f"ingested {len(report.loaded)} files: {landed:,} rows landed = {landed - bad:,} loaded + "
        f"{bad:,} quarantined; {len(report.known)} files were in the lake already, "
        f"{len(report.rejected)} rejected"
    )
    if bad:
        console.print("why rows were quarantined, and what to do: marquee quarantine list")


def _tell_published(publication: Publication | None, paths: Paths, target: str) -> None:
    if publication is None:
        console.print("the newest build is published already")
    else:
        console.print(
            f"published {publication.version}: {len(publication.row_counts)} tables, "
            f"{sum(publication.row_counts.values()):,} rows, "
            f"{'in ' + str(paths.published) if target == DUCKDB else 'on ' + target}"
        )
