"""What landed, what was built, what failed, what is stale, what an absent source weakens.

And which columns landed that nobody declared, and of which model the customers have become others.
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import duckdb

from marquee.contract import ContractError, Table
from marquee.engine import connect, one_row, opened, quoted
from marquee.ingest import FileRejectedError, Lake
from marquee.ingest.landing import landed_files, utc_now
from marquee.ingest.repaired import FOLDER as REPAIRED
from marquee.lock import is_held
from marquee.paths import Paths
from marquee.pipeline import RunRecord, run_records
from marquee.publish import DATABASE, PUBLICATION

SHOWN_FEATURES = 3
FRESHNESS_TARGETS = Path("seeds") / "freshness_targets.csv"
"""In the project: how old the newest data of a source may be, as in catalog.source_freshness."""
DRIFTS = """
    select v.model_name, v.model_version, d.as_of_date, d.feature, d.stability_index,
        d.training_missing_rate, d.scored_missing_rate,
        d.drift_status = 'drifted' and not d.is_ignored as is_finding
    from serving.feature_drifts as d
    inner join serving.model_versions as v using (model_name, model_version)
    where v.status = 'champion'
    order by v.model_name, v.model_version, d.stability_index desc, d.feature
"""


@dataclass(frozen=True)
class Target:
    """What the owner of a source has promised."""

    maximum_age_hours: int
    owner: str


@dataclass(frozen=True)
class SourceStatus:
    """One source table in the lake."""

    table: Table
    file_count: int
    loaded_row_count: int
    quarantined_row_count: int
    """Open rows of the quarantine."""
    newest: dt.date | None
    """Day of the newest event or extract."""
    age: dt.timedelta | None
    """From the newest event, or the end of the day of the newest extract, to now."""
    target: Target | None
    new_columns: dict[str, dt.date | None]
    """Columns that the contract doesn't know, with the first day of a file that has them."""
    lost_columns: tuple[str, ...]
    """Columns that the newest file lacks though files before it had them."""

    @property
    def is_absent(self) -> bool:
        """True if the lake holds no row of it."""
        return self.loaded_row_count == 0

    @property
    def is_stale(self) -> bool:
        """True if its newest data is older than promised; what is absent has no age."""
        if self.age is None or self.target is None:
            return False
        return self.age > dt.timedelta(hours=self.target.maximum_age_hours)

    @property
    def staleness(self) -> str:
        """How late it is, and whom to ask; empty without a target or without data."""
        if self.age is None or self.target is None:
            return ""
        return (
            f"its newest data is {self.age // dt.timedelta(hours=1):,} hours old, at most "
            f"{self.target.maximum_age_hours:,} were promised; ask {self.target.owner}"
        )


@dataclass(frozen=True)
class Drift:
    """Features of a model that scores which are no longer distributed as in its training."""

    model_name: str
    model_version: str
    as_of_date: dt.date
    features: tuple[tuple[str, Decimal, Decimal, Decimal], ...]
    """Name, stability index, and missing share in training and now; the largest index first."""
    feature_count: int
    """Features that were compared."""

    @property
    def finding(self) -> str:
        """What is wrong, and what to do about it, in plain sentences."""
        told = ", ".join(
            f"{name} (index {index:.2f}, missing {100 * then:.0f} % then, {100 * now:.0f} % now)"
            for name, index, then, now in self.features[:SHOWN_FEATURES]
        )
        more = len(self.features) - SHOWN_FEATURES
        return (
            f"of {self.feature_count} features of model {self.model_name} ({self.model_version}) "
            f"{len(self.features)} were distributed otherwise in training than on "
            f"{self.as_of_date}: {told}{f' and {more} more' if more > 0 else ''}. Its scores may "
            "mislead. See whether a source has changed (serving.feature_drifts, "
            "catalog.schema_drifts); if customers have, the model is trained anew by its cadence: "
            "'on drift' does it as soon as that helps."
        )


@dataclass(frozen=True)
class Status:
    """The state of a deployment."""

    sources: tuple[SourceStatus, ...]
    waiting: tuple[str, ...]
    """Landed files that the manifest doesn't name: not ingested yet, rejected, or copies."""
    rejected: tuple[str, ...]
    """Landed files that can't be taken, each with its remedy."""
    load_id: int
    published_version: str | None
    published_load_id: int | None
    drifts: tuple[Drift, ...]
    """Published models that score, as far as their features have drifted."""
    last_run: RunRecord | None
    is_writing: bool
    """Somebody is ingesting, building or publishing right now."""

    @property
    def last_rejections(self) -> list[str]:
        """What the last run could not take, a message a file."""
        stages = self.last_run.stages if self.last_run else []
        return [
            line
            for stage in stages
            if stage.name == "ingest"
            for line in stage.message.splitlines()
        ]

    @property
    def last_run_status(self) -> str:
        """How the last run ended; one that neither ended nor goes on was killed."""
        if self.last_run is None:
            return "none"
        if self.last_run.status == "running" and not self.is_writing:
            return "killed"
        return self.last_run.status

    @property
    def is_stale(self) -> bool:
        """True if people read less than what is in the lake."""
        return self.published_load_id != self.load_id


def read_status(paths: Paths, lake: Lake) -> Status | None:
    """Read everything; None if there is no lake yet."""
    if not lake.is_initialised():
        return None
    with connect() as connection:
        manifest = lake.manifest()
        targets = freshness_targets(paths.project)
        sources = tuple(
            _source_status(connection, manifest, table, targets.get(table.full_name))
            for table in lake.contract.landed()
        )
        names = {
            row[0] for row in connection.execute(f"select file_name from {manifest}").fetchall()
        }
        load_id, _ = lake.extent(connection)
    landed = list(landed_files(paths.landing, lake.contract, utc_now().date()))
    version, published_load_id = _published(paths)
    records = run_records(paths)
    return Status(
        sources=sources,
        waiting=tuple(
            item.name
            for item in landed
            if not isinstance(item, FileRejectedError) and item.name not in names
        ),
        rejected=tuple(str(item) for item in landed if isinstance(item, FileRejectedError)),
        load_id=load_id,
        published_version=version,
        published_load_id=published_load_id,
        drifts=_drifts(paths),
        last_run=records[-1] if records else None,
        is_writing=is_held(paths.runs),
    )


def freshness_targets(project: Path) -> dict[str, Target]:
    """What was promised of each source, by ``source.table``.

    Raises:
        ContractError: if a row of the seed names no number of hours.
    """
    path = project / FRESHNESS_TARGETS
    found = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                target = Target(int(row["maximum_age_hours"]), row["owner"])
                found[f"{row['source_name']}.{row['table_name']}"] = target
            except (KeyError, ValueError, TypeError) as error:
                raise ContractError(
                    f"{path}, line {number}: it needs source_name, table_name, owner and a whole "
                    f"number of maximum_age_hours ({error})."
                ) from None
    return found


def _source_status(
    connection: duckdb.DuckDBPyConnection, manifest: str, table: Table, target: Target | None
) -> SourceStatus:
    file_count, loaded, quarantined, newest, newest_at = one_row(
        connection,
        f"""
        select count(*), coalesce(sum(loaded_row_count), 0)::bigint,
            coalesce(sum(quarantined_row_count - coalesce(settled_row_count, 0)), 0)::bigint,
            cast(max(coalesce(extract_date, cast(last_event_at as date))) as date),
            max(greatest(extract_date + interval 1 day, last_event_at))
                filter (where loaded_row_count > 0)
        from {manifest}
        where source_name = {quoted(table.source)} and table_name = {quoted(table.name)}
        """,
    )
    new_columns = _new_columns(connection, manifest, table)
    lost_columns = _lost_columns(connection, manifest, table)
    age = None if newest_at is None else utc_now() - newest_at
    return SourceStatus(
        table, file_count, loaded, quarantined, newest, age, target, new_columns, lost_columns
    )


def _lost_columns(
    connection: duckdb.DuckDBPyConnection, manifest: str, table: Table
) -> tuple[str, ...]:
    row = connection.execute(
        f"""
        select lost_columns from {manifest}
        where source_name = {quoted(table.source)} and table_name = {quoted(table.name)}
            and landed_row_count > 0 and not starts_with(file_name, {quoted(f"{REPAIRED}/")})
        order by load_id desc limit 1
        """
    ).fetchone()
    return tuple(row[0].split(", ")) if row and row[0] else ()


def _new_columns(
    connection: duckdb.DuckDBPyConnection, manifest: str, table: Table
) -> dict[str, dt.date | None]:
    rows = connection.execute(
        f"""
        select name, min(day) from (
            select unnest(split(unknown_columns, ', ')) as name,
                cast(coalesce(extract_date, cast(first_event_at as date)) as date) as day
            from {manifest}
            where source_name = {quoted(table.source)} and table_name = {quoted(table.name)}
        ) group by name order by name
        """
    ).fetchall()
    return dict(rows)


def _published(paths: Paths) -> tuple[str | None, int | None]:
    database = paths.published / DATABASE
    if not database.is_file():
        return None, None
    with opened(database) as connection:
        row = connection.execute(f"select version, load_id from {PUBLICATION}").fetchone()
    return (str(row[0]), int(row[1])) if row else (None, None)


def _drifts(paths: Paths) -> tuple[Drift, ...]:
    database = paths.published / DATABASE
    if not database.is_file():
        return ()
    with opened(database) as connection:
        try:
            rows = connection.execute(DRIFTS).fetchall()
        except duckdb.CatalogException:
            return ()  # an older release published it
    found = []
    for (name, version, day), group in groupby(rows, key=lambda row: row[:3]):
        own = list(group)
        features = tuple(row[3:7] for row in own if row[7])
        if features:
            found.append(Drift(name, version, day, features, len(own)))
    return tuple(found)
