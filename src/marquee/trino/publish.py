"""Publishing on Trino: views that people read are switched from one build to the next.

A build writes public models into candidate schemas (``serving_candidate``). Each view of the schema
proper names one snapshot of its candidate's table, so the next build may write while people read.
Views are switched one after the other, each at once: a query over one table sees one version, a
query over several may see two during the second that the switch takes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from marquee.builds import Build, PublishRefusedError, approved_build
from marquee.catalogue import lineage
from marquee.engine import connect, quoted
from marquee.ingest.lake import Lake
from marquee.publish import PUBLICATION, PUBLICATION_COLUMNS, Publication
from marquee.registry import LEDGERS, SOURCE, register_models
from marquee.trino.session import Session

CANDIDATE = "_candidate"
COPY = "_published"
"""Ends the name of the table that holds the rows of a view: a view has no snapshots."""
LEDGER = "audit.publications"
SNAPSHOT_RETENTION = "7d"
ROWS_A_STATEMENT = 2000
"""Of some 150 characters each; Trino takes no statement of more than a million."""


@dataclass(frozen=True)
class Candidate:
    """One public relation of the build."""

    schema: str
    """Where people read it."""
    table: str
    source: str
    """Table with its snapshots, in the candidate schema."""
    snapshot_id: int
    columns: dict[str, str]
    comments: dict[str | None, str]
    """Descriptions of the columns, and of the relation itself under None."""
    row_count: int


def publish_on_trino(session: Session, lake: Lake) -> Publication | None:
    """Publish the newest build on Trino, and register its models. The caller holds the lock.

    Returns:
        What was published, or None if the newest build is published already.

    Raises:
        PublishRefusedError: if the newest build is not whole, green and of the present lake, or
            if a candidate fails its audit. What readers see stays as it was.
    """
    if session.kind("audit", "build_events") is None:
        raise PublishRefusedError(
            "Nothing was built in this warehouse yet. Run: dbt build --target trino"
        )
    build = approved_build(session.query, session.catalog, lake)
    session.query(
        f"create table if not exists {LEDGER} (version varchar, invocation_id varchar, "
        "load_id bigint, published_at timestamp(6))"
    )
    published = session.query(
        f"select version, invocation_id from {LEDGER} order by version desc limit 1"
    )
    if published and published[0][1] == build.invocation_id:
        return None
    number = int(published[0][0][1:]) + 1 if published else 1
    candidates = [_prepared(session, relation) for relation in build.relations]
    if approved_build(session.query, session.catalog, lake) != build:
        raise PublishRefusedError("A new build has begun meanwhile. Publish again when it is done.")
    _register(session, lake)
    _switch(session, candidates)
    version = _record(session, f"v{number:06d}", build)
    # Safe only now, when the snapshots that people read are the newest ones.
    for relation in session.tables():
        session.query(
            f"alter table {relation} "
            f"execute expire_snapshots(retention_threshold => '{SNAPSHOT_RETENTION}')"
        )
    counts = {f"{c.schema}.{c.table}": c.row_count for c in candidates}
    return Publication(version, build, counts)


def _prepared(session: Session, relation: str) -> Candidate:
    candidate_schema, _, table = relation.partition(".")
    schema = candidate_schema.removesuffix(CANDIDATE)
    kind = session.kind(candidate_schema, table)
    if kind is None or schema == candidate_schema:
        raise PublishRefusedError(
            f"{relation} is not a relation of a candidate schema on Trino. "
            "Build again: dbt build --target trino"
        )
    is_filled = f"{schema}.{table}" == lineage.RELATION
    source = table
    if kind == "VIEW" or is_filled:
        source = f"{table}{COPY}"
        session.query(
            f"create or replace table {candidate_schema}.{source} "
            f"as select * from {candidate_schema}.{table}"
        )
    if is_filled:
        _fill_lineage(session, f"{candidate_schema}.{source}")
    columns = session.columns(candidate_schema, table)
    snapshot_id = session.snapshot_id(candidate_schema, source)
    pinned = f"{candidate_schema}.{source} for version as of {snapshot_id}"
    both = (f"{candidate_schema}.{table}", pinned)
    counts = [session.query(f"select count(*) from {name}")[0][0] for name in both]
    shapes = [session.shape(name) for name in both]
    if shapes[0] != shapes[1] or (counts[0] != counts[1] and not is_filled):
        raise PublishRefusedError(
            f"The snapshot of {relation} differs from the relation in rows or columns: {counts}, "
            f"{shapes}. Nothing was switched; publish again."
        )
    comments = session.comments(candidate_schema, table)
    return Candidate(schema, table, source, snapshot_id, columns, comments, counts[1])


def _fill_lineage(session: Session, table: str) -> None:
    """Add the rows that no build has: see `marquee.catalogue.lineage`."""
    edges = lineage.built_lineage(session.query, session.catalog, "trino")
    rows = lineage.as_table(edges).to_pylist()
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        values = ", ".join(
            f"({', '.join(quoted(text) for text in row.values())})"
            for row in rows[start : start + ROWS_A_STATEMENT]
        )
        session.query(f"insert into {table} values {values}")


def _register(session: Session, lake: Lake) -> None:
    with connect() as connection:
        connection.execute("attach ':memory:' as warehouse")
        for ledger in LEDGERS:
            schema, _, table = ledger.relation.partition(".")
            place = schema if session.kind(schema, table) else f"{schema}{CANDIDATE}"
            connection.register("rows", session.read(place, table))
            connection.execute(f"create schema if not exists warehouse.{schema}")
            connection.execute(f"create table warehouse.{ledger.relation} as from rows")
        register_models(connection, "warehouse", lake)
    for ledger in LEDGERS:  # new files may stand in a month that the metastore does not know
        session.query(
            f"call {session.lake_catalog}.system.sync_partition_metadata("
            f"'{SOURCE}', '{ledger.table}', 'FULL')"
        )


def _switch(session: Session, candidates: list[Candidate]) -> None:
    for schema in sorted({candidate.schema for candidate in candidates}):
        session.query(f"create schema if not exists {schema}")
    for candidate in candidates:
        names = ", ".join(f'"{name}"' for name in candidate.columns)
        _replace_view(
            session,
            f"{candidate.schema}.{candidate.table}",
            f"select {names} from {candidate.schema}{CANDIDATE}.{candidate.source} "
            f"for version as of {candidate.snapshot_id}",
            candidate.comments,
        )
    wanted = {f"{candidate.schema}.{candidate.table}" for candidate in candidates} | {PUBLICATION}
    for schema in sorted({candidate.schema for candidate in candidates}):
        for view in session.views(schema):
            if f"{schema}.{view}" not in wanted:
                session.query(f"drop view {schema}.{view}")


def _record(session: Session, version: str, build: Build) -> str:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    session.query(
        f"insert into {LEDGER} values ({quoted(version)}, {quoted(build.invocation_id)}, "
        f"{build.load_id}, timestamp {quoted(now)})"
    )
    schema, _, table = PUBLICATION.partition(".")
    if session.kind(schema, table) is None:
        session.query(f"create schema if not exists {schema}")
        names = ", ".join(filter(None, PUBLICATION_COLUMNS))
        _replace_view(
            session,
            PUBLICATION,
            f"select {names} from {LEDGER} where version = (select max(version) from {LEDGER})",
            {None: "The version that is being read. One row.", **PUBLICATION_COLUMNS},
        )
    return version


def _replace_view(session: Session, view: str, query: str, comments: dict[str | None, str]) -> None:
    comment = quoted(comments.get(None, ""))
    session.query(f"create or replace view {view} comment {comment} security definer as {query}")
    for column, text in comments.items():
        if column is not None:
            session.query(f'comment on column {view}."{column}" is {quoted(text)}')
