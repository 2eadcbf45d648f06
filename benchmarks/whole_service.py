"""The whole service at two sizes: what each stage costs, beside a plain DuckDB script.

`make benchmark-service` runs it. The script (plain_service.sql) makes the same named tables from
the same landing files, and both have to agree. `SCALES` names the sizes: 0.1 is about a million
events.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb
from cost import PROJECT, Cost, measure, table
from service import DBT, MARQUEE, environment_of

SCALES = [float(text) for text in os.environ.get("SCALES", "0.1 1").split()]

MOST_CPU = 1.15
"""The build may take this much of the script's CPU, and dbt's own cost on top."""
MOST_OF_NEW_DAY = {1: 0.10}
"""Share of the CPU of a full build, by scale: small services are built anew in seconds."""
MOST_MEBIBYTES = {0.1: 1536, 1: 5120}
"""Peak of the build, by scale."""

TABLES = (
    "fct_events", "fct_sessions", "fct_plays", "fct_customer_days", "int_customer_title_days",
    "fct_title_days", "fct_ad_impressions", "fct_payments", "fct_ratings", "fct_tags",
    "fct_service_cases", "fct_retention_offers", "dim_titles", "dim_title_versions",
    "dim_creatives", "customer_days", "title_days",
)  # fmt: skip
"""What both sides make."""
ALIKE_ONLY = {
    # The script knows the newest state only; in the model that is a sum over several receipts.
    "int_customer_title_days": """
        select
            visitor_id, device_id, min(customer_id) as customer_id, title_id, origin,
            sum(impression_count)::bigint as impression_count,
            sum(click_count)::bigint as click_count, sum(play_count)::bigint as play_count,
            sum(watched_ms)::bigint as watched_ms, broadcast_date,
            min(first_active_at) as first_active_at, max(last_active_at) as last_active_at
        from warehouse.enriched.int_customer_title_days
        where known_to_date is null
        group by visitor_id, device_id, title_id, origin, broadcast_date
    """,
}
"""How a model is brought into the form of the script, where that is not the model itself."""
LINEAGE = {"load_id", "row_number"}
"""Columns that tell where a row came from; the script has none."""

SLOWEST = 12
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
SCRIPT = [
    sys.executable,
    str(PROJECT / "benchmarks" / "duckdb_script.py"),
    str(PROJECT / "benchmarks" / "plain_service.sql"),
]
NAMED = ["--select", *(f"+{name}" for name in TABLES)]
REST = ["--exclude", *NAMED[1:], "path:python_models+"]


@dataclass
class Deployment:
    """A folder with landing, lake and warehouse of its own."""

    home: Path
    costs: list[Cost] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What points all commands here."""
        return environment_of(self.home)

    def run(self, stage: str, command: list[str]) -> Cost:
        """Measure a command and keep what it took."""
        cost = measure(stage, command, self.environment)
        self.costs.append(cost)
        return cost

    def parse(self) -> None:
        """Let dbt read the project, so that no build pays for it: it keeps what it has read."""
        measure("parse", [*DBT, "parse", *self._folders], self.environment)

    def build(self, stage: str, selection: list[str]) -> Cost:
        """``dbt build`` without tests."""
        excluded = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
        return self.run(stage, [*DBT, "build", *self._folders, *selection, *excluded])

    @property
    def _folders(self) -> list[str]:
        return ["--target-path", str(self.home / "target"), "--log-path", str(self.home / "logs")]

    def slowest_models(self) -> list[tuple[str, float]]:
        """Models of the last build and their seconds, the slowest first."""
        path = self.home / "target" / "run_results.json"
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
        seconds = [(one["unique_id"].split(".")[-1], one["execution_time"]) for one in results]
        return sorted(seconds, key=lambda pair: (-pair[1], pair[0]))[:SLOWEST]

    def run_script(self, stage: str) -> Cost:
        """Run the plain script on what has landed; its parts follow as costs of their own."""
        warehouse = self.home / "plain.duckdb"
        warehouse.unlink(missing_ok=True)
        report = self.home / "plain.json"
        command = [*SCRIPT, str(self.home), str(warehouse), str(PROJECT / "seeds"), str(report)]
        whole = self.run(stage, command)
        for part, (wall, cpu) in json.loads(report.read_text(encoding="utf-8")).items():
            self.costs.append(Cost(f"of it, {part}", wall, cpu, whole.peak_mebibytes))
        return whole

    def event_count(self) -> int:
        """Rows of fct_events."""
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return int(connection.sql("select count(*) from enriched.fct_events").fetchall()[0][0])

    def check_agreement(self) -> list[tuple[str, int]]:
        """Hold all tables of both sides against each other.

        Returns:
            Each table with its number of rows.

        Raises:
            SystemExit: if a table differs; the message names all that do.
        """
        counts, faults = [], []
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute(f"attach '{self.home / 'warehouse.duckdb'}' (read_only)")
            connection.execute(f"attach '{self.home / 'plain.duckdb'}' as plain (read_only)")
            for name in TABLES:
                theirs = f"from plain.main.{name}"
                own = ALIKE_ONLY.get(name, f"from warehouse.{_schema(connection, name)}.{name}")
                columns = _columns(connection, own)
                if columns != _columns(connection, theirs):
                    both = columns ^ _columns(connection, theirs)
                    faults.append(f"{name}: only one side has {', '.join(sorted(both))}")
                    continue
                ours, others = (_fingerprint(connection, one, columns) for one in (own, theirs))
                if ours != others:
                    unlike = _unlike_columns(connection, own, theirs, columns)
                    faults.append(f"{name}: {ours} and {others}, in {', '.join(unlike)}")
                counts.append((name, ours[0]))
        if faults:
            raise SystemExit("The build and the script disagree:\n" + "\n".join(faults))
        return counts


def _schema(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    rows = connection.execute(
        "select table_schema from information_schema.tables "
        "where table_catalog = 'warehouse' and table_name = ?",
        [name],
    ).fetchall()
    return str(rows[0][0])


def _columns(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return set(connection.sql(query).columns) - LINEAGE


def _fingerprint(
    connection: duckdb.DuckDBPyConnection, query: str, columns: set[str]
) -> tuple[int, int]:
    """Number of rows, and a hash of them as texts that does not depend on their order."""
    texts = ", ".join(f"{name}::varchar" for name in sorted(columns))
    [(count, digest)] = connection.sql(
        f"select count(*), coalesce(sum(hash({texts})), 0)::hugeint from ({query})"
    ).fetchall()
    return count, digest


def _unlike_columns(
    connection: duckdb.DuckDBPyConnection, own: str, theirs: str, columns: set[str]
) -> list[str]:
    return [
        name
        for name in sorted(columns)
        if _fingerprint(connection, own, {name}) != _fingerprint(connection, theirs, {name})
    ]


def newest_files(landing: Path) -> list[Path]:
    """The files of the last day, by the dates in their names."""
    dated = [(max(DATE.findall(path.name), default=""), path) for path in landing.rglob("*.*")]
    last = max(date for date, _ in dated)
    return sorted(path for date, path in dated if date == last)


def move(files: list[Path], source: Path, target: Path) -> None:
    """Move files to the same places below another folder."""
    for path in files:
        moved = target / path.relative_to(source)
        moved.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, moved)


def manifest_rows(home: Path) -> int:
    """Landed rows of all files that the lake holds."""
    query = f"select sum(landed_row_count)::bigint from '{home}/lake/_manifest/*.parquet'"
    return int(duckdb.sql(query).fetchall()[0][0])


@dataclass(frozen=True)
class Figures:
    """What one size took."""

    scale: float
    event_count: int
    costs: list[Cost]
    script: Cost
    full: Cost
    new_day: Cost
    new_share: float
    full_profile: list[tuple[str, float]]
    new_profile: list[tuple[str, float]]
    agreement: list[tuple[str, int]]


def measure_size(scale: float, home: Path) -> Figures:
    """Run both sides at one size, with all but the last day and then with it."""
    service = Deployment(home)
    landing, later = home / "landing", home / "later"
    service.run("generate", [*MARQUEE, "generate", "--scale", str(scale), "--extract-every", "30"])
    held_back = newest_files(landing)
    move(held_back, landing, later)
    service.run("ingest", [*MARQUEE, "ingest"])
    first_rows = manifest_rows(home)
    service.parse()
    full = service.build("dbt build, the named tables", NAMED)
    full_profile = service.slowest_models()
    service.build("dbt build, the rest without training", REST)
    script = service.run_script("plain script")
    service.check_agreement()

    move([later / path.relative_to(landing) for path in held_back], later, landing)
    service.run("ingest, the new day", [*MARQUEE, "ingest"])
    new_day = service.build("dbt build, the new day", NAMED)
    new_profile = service.slowest_models()
    costs = list(service.costs)
    service.run_script("plain script, for the check")
    agreement = service.check_agreement()
    return Figures(
        scale, service.event_count(), costs, script, full, new_day,
        (manifest_rows(home) - first_rows) / first_rows, full_profile, new_profile, agreement,
    )  # fmt: skip


def measure_empty(home: Path) -> tuple[Cost, Cost]:
    """What dbt takes for itself: the same graph over an empty lake, the first time and again."""
    empty = Deployment(home)
    empty.run("init", [*MARQUEE, "init"])
    empty.parse()
    build = partial(empty.build, selection=NAMED)
    return build("dbt build over an empty lake"), build("dbt build over an empty lake, again")


def marks(figures: Figures, first: Cost, again: Cost) -> list[tuple[str, str, bool]]:
    """Each mark in words, what was reached, and whether that is enough."""
    allowed = MOST_CPU * figures.script.cpu_seconds + first.cpu_seconds
    own = figures.full.cpu_seconds - first.cpu_seconds
    new = figures.new_day.cpu_seconds - again.cpu_seconds
    found = [
        (
            f"build at most {MOST_CPU} of the script's CPU, and dbt's own cost",
            f"{figures.full.cpu_seconds:.1f} of {allowed:.1f} CPU-s "
            f"({own / figures.script.cpu_seconds:.2f} of the script)",
            figures.full.cpu_seconds <= allowed,
        ),
    ]
    if figures.scale in MOST_OF_NEW_DAY:
        share = MOST_OF_NEW_DAY[figures.scale]
        found.append(
            (
                f"a new day at most {share:.0%} of a full build, less dbt's own cost",
                f"{new:.1f} of {own:.1f} CPU-s ({new / own:.1%})",
                new <= share * own,
            )
        )
    if figures.scale in MOST_MEBIBYTES:
        most = MOST_MEBIBYTES[figures.scale]
        found.append(
            (
                f"peak memory of the build below {most} MiB",
                f"{figures.full.peak_mebibytes:.0f} MiB",
                figures.full.peak_mebibytes < most,
            )
        )
    return found


def profile(names: list[tuple[str, float]]) -> str:
    """Models and seconds as Markdown."""
    lines = ["| model | wall s |", "|---|---|"]
    return "\n".join(lines + [f"| {name} | {seconds:.2f} |" for name, seconds in names])


def machine() -> str:
    """What this ran on."""
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GiB, Python {platform.python_version()}, "
        f"DuckDB {duckdb.__version__}, two threads on both sides"
    )


def show(figures: Figures, first: Cost, again: Cost) -> bool:
    """Print one size; true if all marks are reached."""
    reached = marks(figures, first, again)
    print(f"\n## Scale {figures.scale:g}: {figures.event_count:,} events\n")
    print(table(figures.costs))
    print("\n| mark | reached | |\n|---|---|---|")
    for mark, value, is_met in reached:
        print(f"| {mark} | {value} | {'met' if is_met else '**missed**'} |")
    print(
        f"\nThe new day brings {figures.new_share:.1%} of the rows. Both sides agree, before and "
        "after it, on every row of:\n"
    )
    print(", ".join(f"`{name}` ({count:,})" for name, count in figures.agreement) + ".")
    print("\nThe slowest models of the full build:\n")
    print(profile(figures.full_profile))
    print("\nThe slowest models of the new day:\n")
    print(profile(figures.new_profile), flush=True)
    return all(is_met for *_, is_met in reached)


def main() -> None:
    """Print everything as Markdown.

    Raises:
        SystemExit: if both sides disagree, or a mark is missed (after printing).
    """
    print(f"# The whole service, {dt.date.today():%Y-%m-%d}\n")
    print(f"{machine()}.\n")
    is_met = True
    with tempfile.TemporaryDirectory(prefix="marquee-service-") as folder:
        empty, again = measure_empty(Path(folder) / "empty")
        print("dbt's own cost, the same graph over an empty lake:\n")
        print(table([empty, again]), flush=True)
        for scale in SCALES:
            home = Path(folder) / f"scale-{scale:g}"
            is_met &= show(measure_size(scale, home), empty, again)
            shutil.rmtree(home)
    if not is_met:
        raise SystemExit("A mark is missed.")


if __name__ == "__main__":
    main()
