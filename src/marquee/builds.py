"""What builds have seen of the lake, and which may be published.

That is the newest, if it is whole, green and of the present lake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb

from marquee.engine import connect
from marquee.ingest.lake import Lake
from marquee.paths import Paths

Query = Callable[[str], list[tuple[Any, ...]]]
"""Runs a statement on the engine that built, and returns its rows."""


class PublishRefusedError(Exception):
    """What was built may not be published; the message says why and what to do."""


@dataclass(frozen=True)
class Build:
    """A finished, whole, green build."""

    invocation_id: str
    load_id: int
    relations: tuple[str, ...]
    """``schema.table`` of each public model."""


def approved_build(query: Query, catalog: str, lake: Lake) -> Build:
    """The newest build, by what the hooks recorded in ``audit.build_events``.

    Args:
        query: asks the engine.
        catalog: where the schema ``audit`` stands there.
        lake: what the build has to have seen.

    Raises:
        PublishRefusedError: if it is not whole, green and of the present lake.
    """
    rows = query(
        f"""
        with newest as (
            select invocation_id from {catalog}.audit.build_events
            where event_name = 'started' order by occurred_at desc, invocation_id desc limit 1
        )
        select events.invocation_id, min(case when is_whole_graph then 1 else 0 end),
            max(failure_count), min(load_id), min(lake_byte_count), max(load_id),
            max(lake_byte_count), max(public_relations),
            count(case when event_name = 'finished' then 1 end)
        from {catalog}.audit.build_events as events
        inner join newest on events.invocation_id = newest.invocation_id
        group by events.invocation_id
        """
    )
    if not rows:
        raise PublishRefusedError("Nothing was built in this warehouse yet. Run: dbt build")
    invocation_id, is_whole, failures, *seen, relations, finished = rows[0]
    if not finished:
        raise PublishRefusedError(
            "The newest build did not finish: it is running, or was killed. Run: dbt build"
        )
    if not is_whole:
        raise PublishRefusedError(
            "The newest dbt command ran a part of the graph, or with other definitions (--vars, "
            "MARQUEE_AS_OF_DATE). Run the whole: dbt build"
        )
    if failures:
        raise PublishRefusedError(
            f"The newest build has {failures} failed or skipped nodes. Repair them (dbt build says "
            "which), then build again."
        )
    with connect() as connection:
        present = lake.extent(connection)
    if seen != [*present, *present]:
        raise PublishRefusedError(
            f"The newest build saw the lake up to load {seen[0]} ({seen[1]:,} bytes), the "
            f"lake is at load {present[0]} ({present[1]:,} bytes). Run: dbt build"
        )
    return Build(invocation_id, present[0], tuple(sorted(relations.split(","))))


def keys_in_use(paths: Paths) -> set[str] | None:
    """By which keys the warehouse names rows of the lake: views of staging read them by these.

    Returns:
        None if nobody can tell, because somebody is building.
    """
    if not paths.warehouse.exists():
        return set()
    try:
        warehouse = duckdb.connect(str(paths.warehouse), read_only=True)
    except duckdb.IOException:
        return None
    with warehouse:
        columns = warehouse.execute(
            "select column_name from duckdb_columns() where schema_name = 'staging' "
            "and table_name = 'stg_marquee__file_manifest' "
            "and column_name in ('file_key', 'generation_key') order by 1 desc"
        ).fetchall()
        if not columns:
            return set()
        # A warehouse of before there were generations names files.
        rows = warehouse.execute(
            f"select {columns[0][0]} from staging.stg_marquee__file_manifest"
        ).fetchall()
    return {key for (key,) in rows}
