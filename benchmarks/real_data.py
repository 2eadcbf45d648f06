"""Quality and cost on public data: import, ingest, build and publish, each stage measured.

`make benchmark` runs it and prints the tables of ``benchmarks/README.md``. The folder of the data
comes from ``MARQUEE_REAL_DATA``. Every figure is read from the published tables, so it is what a
user of the product would see.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import resource
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb
from cost import Cost, measure, table
from service import environment_of

SETS = {"movielens": "ml-latest-small", "watch-click": "watch-click"}
MARKS = (
    # data set, model, algorithm (None: the champion), split, metric, mark, is lower better
    ("movielens", "recommender", "random", "ndcg_at_10", 0.35, False),
    ("movielens", "rating_predictor", "five_fold", "rmse", 0.875, True),
    ("watch-click", "recommender", "customer_time", "ndcg_at_10", 0.12, False),
)


def run(name: str, folder: Path, home: Path) -> list[Cost]:
    """Take one data set from its folder to published tables."""
    environment = environment_of(home) | {
        "MARQUEE_EVALUATION_SPLITS": "customer_time,random",
    }
    marquee = [sys.executable, "-m", "marquee"]
    dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli()"]
    target = ["--target-path", str(home / "target"), "--log-path", str(home / "logs")]
    return [
        measure("import", [*marquee, "import", name, str(folder)], environment),
        measure("ingest", [*marquee, "ingest"], environment),
        measure("dbt build", [*dbt, "build", *target], environment),
        measure("publish", [*marquee, "publish"], environment),
        measure("dbt build, nothing new", [*dbt, "build", *target], environment),
    ]


QUALITY = """
    select e.model_name, e.algorithm, v.status, e.split, e.metric, e.customer_count,
        e.value, e.lower_bound, e.upper_bound, e.baseline_value
    from serving.model_evaluations as e
    inner join serving.model_versions as v using (model_name, model_version)
    where e.metric in ('ndcg_at_10', 'recall_at_20', 'precision_at_10', 'mrr', 'coverage_at_20',
        'rmse')
    order by e.model_name desc, e.split, e.metric, v.status = 'champion' desc, e.algorithm
"""


def figure(value: object) -> str:
    """Four decimals, or nothing."""
    return "" if value is None else f"{value:.4f}"


def main() -> None:
    """Print everything as Markdown; end with 1 if a mark is missed."""
    data = os.environ.get("MARQUEE_REAL_DATA")
    if not data:
        raise SystemExit("Set MARQUEE_REAL_DATA to the folder that holds the public data sets.")
    reached = []
    print(f"# Real data, {dt.date.today():%Y-%m-%d}\n")
    print(
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, {os.cpu_count()} cores"
    )
    for name, folder in SETS.items():
        home = Path(tempfile.mkdtemp(prefix="marquee-benchmark-"))
        try:
            costs = run(name, Path(data) / folder, home)
            with duckdb.connect(
                str(home / "published" / "marquee.duckdb"), read_only=True
            ) as connection:
                rows = connection.execute(QUALITY).fetchall()
        finally:
            shutil.rmtree(home, ignore_errors=True)
        print(f"\n## {name}\n")
        print(table(costs))
        print(
            "\n| model | algorithm | status | split | metric | customers | value | 95 % interval "
            "| baseline |\n|---|---|---|---|---|---|---|---|---|"
        )
        for row in rows:
            print(
                f"| {' | '.join(map(str, row[:6]))} | {figure(row[6])} "
                f"| {figure(row[7])} to {figure(row[8])} | {figure(row[9])} |"
            )
        for mark in MARKS:
            for row in rows:
                if mark[:4] == (name, row[0], row[3], row[4]) and row[2] == "champion":
                    good = row[6] <= mark[4] if mark[5] else row[6] >= mark[4]
                    reached.append(good)
                    print(f"\n{'reached' if good else 'MISSED'}: {mark} is {figure(row[6])}")
    if len(reached) != len(MARKS) or not all(reached):
        raise SystemExit(1)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
