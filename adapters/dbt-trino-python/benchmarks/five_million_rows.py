"""The same Python model on DuckDB (dbt-duckdb) and on Trino (this adapter): seconds and memory.

The model reads a table of bigint, varchar, decimal, date, timestamp and boolean through Arrow, and
returns it with a computed column. It needs the environment variables of the tests (README.md).

    python benchmarks/five_million_rows.py [--rows 5000000] [--repeat 3] [--session key=value ...]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

SOURCE = """
{{ config(materialized='table') }}
select
    cast(i as bigint) as id,
    'customer ' || cast(i % 100000 as varchar) as name,
    cast(cast(i * 7919 % 10000 as decimal(12, 4)) * 0.9871 as decimal(12, 8)) as amount,
    cast({{ day }} as date) as day,
    {{ moment }} as moment,
    i % 3 = 0 as flag
from {{ rows }}
"""

TRINO = """
{%- set day = "date_add('day', i % 1000, date '2020-01-01')" -%}
{%- set moment = "date_add('second', i * 7, timestamp '2020-01-01 00:00:00.000001')" -%}
{%- set rows = "unnest(sequence(0, " ~ (var('rows') // 1000 - 1) ~ ")) as a (major), "
    ~ "unnest(sequence(0, 999)) as b (minor), "
    ~ "lateral (select cast(major * 1000 + minor as bigint)) as c (i)" -%}
"""

DUCKDB = """
{%- set day = "date '2020-01-01' + (i % 1000)::integer" -%}
{%- set moment = "timestamp '2020-01-01 00:00:00.000001' + to_seconds(i * 7)" -%}
{%- set rows = "range(" ~ var('rows') ~ ") as t (i)" -%}
"""

MODEL = """
import pyarrow as pa
import pyarrow.compute as pc


def model(dbt, session):
    dbt.config(materialized="table")
    table = dbt.ref("source_rows").to_arrow_table()
    weight = pc.multiply(pc.cast(table["amount"], pa.float64()), 2.5)
    return table.append_column("weight", weight)
"""


def write_project(folder: Path, rows: int, session_properties: dict[str, str]) -> None:
    """Write a dbt project with one target for each engine."""
    (folder / "models").mkdir()
    header = "{% if target.type == 'duckdb' %}" + DUCKDB + "{% else %}" + TRINO + "{% endif %}"
    (folder / "models" / "source_rows.sql").write_text(header + SOURCE, encoding="utf-8")
    (folder / "models" / "copied.py").write_text(MODEL, encoding="utf-8")
    project = {
        "name": "benchmark",
        "profile": "benchmark",
        "model-paths": ["models"],
        "vars": {"rows": rows},
        "flags": {"send_anonymous_usage_stats": False},
    }
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    schema = "dbt_python_benchmark"
    trino = {
        "type": "trino_python",
        "method": "none",
        "user": "dbt",
        "host": os.environ["DBT_TRINO_HOST"],
        "port": int(os.environ["DBT_TRINO_PORT"]),
        "database": os.environ["DBT_TRINO_CATALOG"],
        "schema": schema,
        "threads": 1,
        "session_properties": session_properties,
        "staging_catalog": os.environ["DBT_TRINO_STAGING_CATALOG"],
        "staging_schema": f"{schema}_staging",
        "staging_location": f"{os.environ['DBT_TRINO_STAGING_LOCATION']}/{schema}",
    }
    duckdb = {"type": "duckdb", "path": str(folder / "warehouse.duckdb"), "threads": 1}
    profiles = {"benchmark": {"target": "trino", "outputs": {"trino": trino, "duckdb": duckdb}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")


def run_model(folder: Path, target: str, model: str) -> tuple[float, float]:
    """Run one model in a process of its own; return its seconds and the peak memory in MB."""
    program = Path(sys.executable).with_name("dbt")
    command = [program, "--quiet", "run", "--target", target, "--select", model]
    process = subprocess.Popen(command, cwd=folder)  # noqa: S603  # dbt itself
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"dbt failed on {target}")
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))
    return results["results"][0]["execution_time"], usage.ru_maxrss / 1024


def main() -> None:
    """Run the model on both engines in turn and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000, help="a multiple of 1000")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--session", nargs="*", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    session_properties = dict(item.split("=", 1) for item in options.session)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, options.rows, session_properties)
        targets = ("duckdb", "trino")
        for target in targets:
            run_model(folder, target, "source_rows")
        runs = {target: [] for target in targets}
        for _ in range(options.repeat):
            for target in targets:
                runs[target].append(run_model(folder, target, "copied"))
    seconds = {target: statistics.median(run[0] for run in runs[target]) for target in targets}
    memory = {target: max(run[1] for run in runs[target]) for target in targets}
    print(f"{options.rows:,} rows, median of {options.repeat}, memory of the dbt process\n")
    print("| engine | seconds | ratio | peak MB | all runs, seconds |")
    print("|---|---:|---:|---:|---|")
    for target in targets:
        each = ", ".join(f"{run[0]:.1f}" for run in runs[target])
        ratio = seconds[target] / seconds["duckdb"]
        print(f"| {target} | {seconds[target]:.1f} | {ratio:.1f} | {memory[target]:.0f} | {each} |")


if __name__ == "__main__":
    main()
