"""The same build on DuckDB and on Trino, on this machine: seconds, memory, and whether it is equal.

`make benchmark-engines` runs it. Trino's own cost is read from its process before and after.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cost import PROJECT, Cost, measure, table
from service import environment_of

from marquee.paths import Paths
from marquee.trino import TrinoServer

SCALE = os.environ.get("SCALE", "0.05")
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(process_id: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def mebibytes(process_id: int, name: str) -> float:
    """Memory of a process: ``VmRSS`` now, ``VmHWM`` at its peak."""
    for line in Path(f"/proc/{process_id}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"process {process_id} tells no {name}")


def main() -> None:
    """Print everything as Markdown."""
    home = Path(tempfile.mkdtemp(prefix="marquee-engines-"))
    server = TrinoServer.on_free_port(Paths(PROJECT, home, home / "landing", home / "lake"))
    environment = environment_of(home) | {
        "MARQUEE_TRINO_PORT": str(server.port),
    }
    marquee = [sys.executable, "-m", "marquee"]
    dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli()"]
    folders = ["--target-path", str(home / "target"), "--log-path", str(home / "logs")]
    try:
        costs = [
            measure("generate", [*marquee, "generate", "--scale", SCALE], environment),
            measure("ingest", [*marquee, "ingest"], environment),
            measure("dbt build on DuckDB", [*dbt, "build", *folders], environment),
        ]
        started = server.start()
        process_id = server.process_id() or 0
        begun, idle = cpu_seconds(process_id), mebibytes(process_id, "VmRSS")
        build = [*dbt, "build", "--target", "trino", *folders]
        for name in ("dbt build on Trino", "dbt build on Trino, again"):
            before = cpu_seconds(process_id)
            costs.append(measure(name, build, environment))
            used = cpu_seconds(process_id) - before
            costs.append(Cost("of it, the server", 0, used, mebibytes(process_id, "VmHWM")))
        result = subprocess.run(
            [*marquee, "parity"], env=environment, cwd=PROJECT, capture_output=True, text=True
        )
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
    print(f"# Two engines, {dt.date.today():%Y-%m-%d}\n")
    print(
        f"Scale {SCALE}, Python {platform.python_version()}, {os.cpu_count()} cores. Server start: "
        f"{started:.1f} s, {begun:.0f} CPU-s, {idle:.0f} MiB idle.\n"
    )
    print(table(costs))
    print(f"\n`marquee parity`: {result.stdout.strip().splitlines()[-1]}")
    if result.returncode:
        raise SystemExit(result.stdout)


if __name__ == "__main__":
    main()
