"""What a newcomer wants to see after a run: the tables, how good the models are, how to query."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from marquee.engine import one_row
from marquee.paths import Paths
from marquee.publish import DATABASE, MODELS, current_version


@dataclass(frozen=True)
class Quality:
    """One measured figure of a model, beside its baseline."""

    model_name: str
    algorithm: str
    status: str
    split: str
    metric: str
    customer_count: int
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
    select e.model_name, e.algorithm, v.status, e.split, e.metric, e.customer_count,
        e.value, e.lower_bound, e.upper_bound, e.baseline_value
    from serving.model_evaluations as e
    inner join serving.model_versions as v using (model_name, model_version)
    where e.metric in ('ndcg_at_10', 'recall_at_20', 'coverage_at_20', 'rmse', 'auc',
            'lift_in_tenth_1')
        and e.split not like 'fold%'
        and (v.status = 'champion' or e.is_met is not null)
    order by e.model_name, v.status = 'champion' desc, e.algorithm, e.split, e.metric
"""


def read_summary(paths: Paths) -> Summary | None:
    """Read the published file; None before the first publication."""
    database = paths.published / DATABASE
    version = current_version(paths.published)
    if version is None or not database.is_file():
        return None
    with duckdb.connect(str(database), read_only=True) as connection:
        relations = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = current_database() order by all"
        ).fetchall()
        row_counts = {}
        for (relation,) in relations:
            (row_counts[relation],) = one_row(connection, f"select count(*) from {relation}")
        quality = tuple(Quality(*row) for row in connection.execute(QUALITY).fetchall())
    return Summary(database, version / MODELS / "index.json", row_counts, quality)
