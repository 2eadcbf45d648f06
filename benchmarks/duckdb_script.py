"""Runs a DuckDB script with two threads, and tells what each of its stages took.

``python duckdb_script.py SCRIPT FOLDER WAREHOUSE SEEDS REPORT``: the script runs in the folder on
the warehouse file, its variable ``seeds`` names the folder of the seeds, and the report gets, as
JSON, wall and CPU seconds for each line ``-- stage: NAME`` of the script.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from pathlib import Path

import duckdb

STAGE = re.compile(r"^-- stage: (.*)$", re.MULTILINE)
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "storage_compatibility_version": "latest",
}
"""As in the profile of dbt."""


def clocks() -> tuple[float, float]:
    """Wall and CPU seconds so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic(), usage.ru_utime + usage.ru_stime


def main(script: str, folder: str, warehouse: str, seeds: str, report: str) -> None:
    """Run the script."""
    os.chdir(folder)
    preamble, *parts = STAGE.split(Path(script).read_text(encoding="utf-8"))
    stages = {}
    with duckdb.connect(warehouse, config=SETTINGS) as connection:
        connection.execute("set variable seeds = ?", [seeds])
        connection.execute(preamble)
        for name, statements in zip(parts[::2], parts[1::2], strict=True):
            wall, cpu = clocks()
            connection.execute(statements)
            connection.execute("checkpoint")
            now, used = clocks()
            stages[name] = [now - wall, used - cpu]
    Path(report).write_text(json.dumps(stages), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
