"""What a newcomer wants to see after a run: the tables, how good the models are, how to query."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from marquee.engine import one_row, opened
from marquee.paths import Paths
from marquee.publish import DATABASE, MODELS, current_version


@dataclass(frozen=True)
class Quality:
    """The figure that decided about a model version, beside its baseline."""

    model_name: str
    algorithm: str
    status: str
    metric: str
    value: Decimal | None
    lower_bound: Decimal | None
    upper_bound: Decimal | None
    baseline_value: Decimal | None


@dataclass(frozen=True)
class Summary:
    """The published version in figures."""

    database: Path
    model_index: Path
    row_counts: dict[str, int]
    quality: tuple[Quality, ...]


QUALITY = """
    select e.model_name, e.algorithm, v.status, e.metric, e.value, e.lower_bound, e.upper_bound,
        e.baseline_value
    from serving.model_evaluations as e
    inner join serving.model_versions as v
        on e.model_version = v.model_version and e.model_name = v.model_name
        and e.split = v.deciding_split and e.metric = v.deciding_metric
    order by e.model_name, v.status = 'champion' desc, v.status, e.algorithm, e.model_version
"""
"""What each version was judged by, the champion first."""


def read_summary(paths: Paths) -> Summary | None:
    """Read the published file; None before the first publication."""
    database = paths.published / DATABASE
    version = current_version(paths.published)
    if version is None or not database.is_file():
        return None
    with opened(database) as connection:
        relations = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = current_database() order by all"
        ).fetchall()
        row_counts = {}
        for (relation,) in relations:
            (row_counts[relation],) = one_row(connection, f"select count(*) from {relation}")
        quality = tuple(Quality(*row) for row in connection.execute(QUALITY).fetchall())
    return Summary(database, version / MODELS / "index.json", row_counts, quality)
